// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of contexts.
 *
 * Layer: core (p).
 */
#include <linux/kernel.h>

#include <lbpf/progtype.h>

/**
 * lbpf_row_find() - The row of an object that an access falls into
 * @fields: Rows, in order of their offset.
 * @nr_fields: How many.
 * @off: First byte accessed, from the start of the object.
 * @size: Bytes accessed.
 *
 * Context: Any.
 * Return: Row that covers all of the access, or NULL.
 */
const struct lbpf_ctx_field *lbpf_row_find(const struct lbpf_ctx_field *fields, u32 nr_fields,
					   u32 off, u32 size)
{
	u32 low = 0, high = nr_fields;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		const struct lbpf_ctx_field *field = &fields[mid];
		u32 bytes = (u32)field->size * (field->count ? field->count : 1);

		if (off < field->off)
			high = mid;
		else if (off >= field->off + bytes)
			low = mid + 1;
		else
			return off + size <= field->off + bytes ? field : NULL;
	}
	return NULL;
}

/**
 * lbpf_ctx_field_find() - The row of a context that an access falls into
 * @pt: Program type.
 * @off: First byte accessed, from the start of the context.
 * @size: Bytes accessed.
 *
 * Context: Any.
 * Return: Row that covers all of the access, or NULL.
 */
const struct lbpf_ctx_field *lbpf_ctx_field_find(const struct lbpf_progtype *pt, u32 off, u32 size)
{
	return lbpf_row_find(pt->fields, pt->nr_fields, off, size);
}
