EXTRA_differential = generate.c
