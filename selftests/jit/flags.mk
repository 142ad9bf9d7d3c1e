EXTRA_differential = generate.c generate_v4.c generate_calls.c generate_nested.c
