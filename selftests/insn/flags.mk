EXTRA_values = model.c
