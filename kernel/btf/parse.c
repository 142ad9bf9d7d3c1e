// SPDX-License-Identifier: GPL-2.0
/*
 * From bytes to checked types.
 *
 * Layer: btf (p).
 *
 * Source: Documentation/bpf/btf.rst; the words of the log are those of Linux 6.1.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "check.h"

#define KNOWN_INFO_BITS	0x9f00ffff

/* Linux does not end these lines. */
static int refuse(struct lbpf_log *log, int err, const char *why)
{
	lbpf_log(log, "%s", why);
	return err;
}

static void log_header(struct lbpf_log *log, const struct btf_header *header, u32 data_bytes)
{
	lbpf_log(log, "magic: 0x%x\n", header->magic);
	lbpf_log(log, "version: %u\n", header->version);
	lbpf_log(log, "flags: 0x%x\n", header->flags);
	lbpf_log(log, "hdr_len: %u\n", header->hdr_len);
	lbpf_log(log, "type_off: %u\n", header->type_off);
	lbpf_log(log, "type_len: %u\n", header->type_len);
	lbpf_log(log, "str_off: %u\n", header->str_off);
	lbpf_log(log, "str_len: %u\n", header->str_len);
	lbpf_log(log, "btf_total_size: %u\n", data_bytes);
}

static bool is_zero(const char *bytes, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (bytes[i])
			return false;
	return true;
}

/*
 * One section after the other, all of what follows the header.  Of two that begin together the
 * shorter one is the first.
 */
static int check_sections(struct lbpf_log *log, const struct btf_header *header, u32 room)
{
	u32 off[2] = { header->type_off, header->str_off };
	u32 len[2] = { header->type_len, header->str_len };
	bool are_names_first = off[0] != off[1] ? off[0] > off[1] : len[0] > len[1];
	u32 total = 0, i, at;

	for (i = 0; i < 2; i++) {
		at = i ^ are_names_first;
		if (room < off[at])
			return refuse(log, -EINVAL, "Invalid section offset");
		if (total < off[at])
			return refuse(log, -EINVAL, "Unsupported section found");
		if (total > off[at])
			return refuse(log, -EINVAL, "Section overlap found");
		if (room - total < len[at])
			return refuse(log, -EINVAL, "Total section length too long");
		total += len[at];
	}
	return total == room ? 0 : refuse(log, -EINVAL, "Unsupported section found");
}

/* As Linux: a header may be shorter than what is known of it, or longer by zeros. */
static int read_header(struct lbpf_btf_check *check)
{
	const struct lbpf_btf *btf = check->btf;
	u32 known = sizeof(check->header), bytes = btf->data_bytes, header_bytes;

	if (bytes < offsetofend(struct btf_header, hdr_len))
		return refuse(check->log, -EINVAL, "hdr_len not found");
	header_bytes = ((const struct btf_header *)btf->data)->hdr_len;
	if (bytes < header_bytes)
		return refuse(check->log, -EINVAL, "btf_header not found");
	if (header_bytes > known && !is_zero(btf->data + known, header_bytes - known))
		return refuse(check->log, -E2BIG, "Unsupported btf_header");
	memcpy(&check->header, btf->data, min(header_bytes, known));
	return 0;
}

static int check_header(struct lbpf_btf_check *check)
{
	const struct btf_header *header = &check->header;
	u32 bytes = check->btf->data_bytes;
	struct lbpf_log *log = check->log;
	int err;

	err = read_header(check);
	if (err)
		return err;
	log_header(log, header, bytes);
	if (header->magic != BTF_MAGIC)
		return refuse(log, -EINVAL, "Invalid magic");
	if (header->version != BTF_VERSION)
		return refuse(log, -ENOTSUPP, "Unsupported version");
	if (header->flags)
		return refuse(log, -ENOTSUPP, "Unsupported flags");
	if (!check->btf->base && bytes == header->hdr_len)
		return refuse(log, -EINVAL, "No data");
	return check_sections(log, header, bytes - header->hdr_len);
}

static int check_strings(struct lbpf_btf_check *check)
{
	const struct btf_header *header = &check->header;
	struct lbpf_btf *btf = check->btf;

	btf->strings = btf->data + header->hdr_len + header->str_off;
	btf->str_bytes = header->str_len;
	if (btf->strings + header->str_len != btf->data + btf->data_bytes)
		return refuse(check->log, -EINVAL, "String section is not at the end");
	if (btf->base && !header->str_len)
		return 0;
	if (!header->str_len || header->str_len - 1 > BTF_MAX_NAME_OFFSET ||
	    btf->strings[header->str_len - 1] || (!btf->base && btf->strings[0]))
		return refuse(check->log, -EINVAL, "Invalid string section");
	return 0;
}

/* Bytes of a type with what follows it. */
static u32 bytes_of_type(const struct btf_type *type)
{
	const struct lbpf_btf_kind *row = lbpf_btf_kind_row(lbpf_btf_kind(type));

	return sizeof(*type) + row->extra_bytes + row->item_bytes * lbpf_btf_vlen(type);
}

/* Is there a whole type of a known kind? */
static int check_frame(struct lbpf_btf_check *check, const struct btf_type *type, u32 left)
{
	u32 kind, needed;

	if (left < sizeof(*type)) {
		lbpf_log(check->log, "[%u] meta_left:%u meta_needed:%zu", check->log_id, left,
			 sizeof(*type));
		return -EINVAL;
	}
	kind = lbpf_btf_kind(type);
	if (type->info & ~KNOWN_INFO_BITS) {
		lbpf_log(check->log, "[%u] Invalid btf_info:%x", check->log_id, type->info);
		return -EINVAL;
	}
	if (!lbpf_btf_kind_row(kind)) {
		lbpf_log(check->log, "[%u] Invalid kind:%u", check->log_id, kind);
		return -EINVAL;
	}
	if (!lbpf_btf_name_is_there(check->btf, type->name_off)) {
		lbpf_log(check->log, "[%u] Invalid name_offset:%u", check->log_id,
			 type->name_off);
		return -EINVAL;
	}
	needed = bytes_of_type(type) - sizeof(*type);
	if (left - sizeof(*type) < needed)
		return lbpf_btf_refuse_brief(check, type, "meta_left:%u meta_needed:%u",
					     (u32)(left - sizeof(*type)), needed);
	return 0;
}

/*
 * Room for all types there can be: the smallest has 12 bytes.  The answers to "where does it
 * lead" begin at id 0.
 */
static int alloc_tables(struct lbpf_btf_check *check)
{
	u32 max = check->header.type_len / sizeof(struct btf_type);
	struct lbpf_btf *btf = check->btf;

	if (max > BTF_MAX_TYPE)
		max = BTF_MAX_TYPE;
	btf->type_offs = lbpf_area_alloc_array(max + 1, sizeof(u32), NUMA_NO_NODE);
	if (!btf->type_offs)
		return -ENOMEM;
	btf->resolved_ids = lbpf_area_alloc_array(max + 2, sizeof(u32), NUMA_NO_NODE);
	btf->resolved_bytes = lbpf_area_alloc_array(max + 2, sizeof(u32), NUMA_NO_NODE);
	return btf->resolved_ids && btf->resolved_bytes ? 0 : -ENOMEM;
}

/* First round: each type by itself. */
static int scan_types(struct lbpf_btf_check *check)
{
	const struct btf_header *header = &check->header;
	struct lbpf_btf *btf = check->btf;
	const struct btf_type *type;
	u32 off = 0;
	int err;

	btf->types = btf->data + header->hdr_len + header->type_off;
	check->is_meta = true;
	while (off < header->type_len) {
		type = (const struct btf_type *)(btf->types + off);
		check->log_id = btf->nr_ids;
		if (btf->nr_ids > BTF_MAX_TYPE)
			return refuse(check->log, -E2BIG, "Too many types");
		err = check_frame(check, type, header->type_len - off);
		if (!err)
			err = lbpf_btf_kind_row(lbpf_btf_kind(type))->check_meta(check, type);
		if (err)
			return err;
		btf->type_offs[btf->nr_ids++ - btf->first_id] = off;
		off += bytes_of_type(type);
	}
	check->is_meta = false;
	return 0;
}

static int check_types(struct lbpf_btf_check *check)
{
	const struct btf_header *header = &check->header;
	int err;

	if (header->type_off % sizeof(u32))
		return refuse(check->log, -EINVAL, "Unaligned type_off");
	if (!header->type_len)
		return refuse(check->log, -EINVAL, "No type found");
	err = alloc_tables(check);
	if (!err)
		err = scan_types(check);
	if (err)
		return err;
	check->states = lbpf_area_alloc(check->btf->nr_ids, NUMA_NO_NODE);
	if (!check->states)
		return -ENOMEM;
	err = lbpf_btf_resolve_all(check) ?: lbpf_btf_check_tags(check);
	lbpf_area_free(check->states);
	return err;
}

/**
 * lbpf_btf_parse() - Check BTF and make it usable
 * @btf: Zeroed; filled in for lbpf_btf_release().
 * @data: Bytes, of lbpf_area_alloc(); taken over.
 * @data_bytes: Their number.
 * @log: Where refusals are explained.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_parse(struct lbpf_btf *btf, void *data, u32 data_bytes, struct lbpf_log *log)
{
	struct lbpf_btf_check *check;
	int err;

	btf->data = data;
	btf->data_bytes = data_bytes;
	btf->first_id = 1;
	btf->nr_ids = 1;
	check = lbpf_zalloc(sizeof(*check), GFP_KERNEL);
	if (!check)
		return -ENOMEM;
	check->btf = btf;
	check->log = log;
	err = check_header(check) ?: check_strings(check) ?: check_types(check);
	lbpf_free(check);
	return err;
}

/**
 * lbpf_btf_release() - Free what BTF owns
 * @btf: BTF, filled in as far as it came.
 *
 * Context: Process context, may sleep.
 */
void lbpf_btf_release(struct lbpf_btf *btf)
{
	lbpf_area_free(btf->type_offs);
	lbpf_area_free(btf->resolved_ids);
	lbpf_area_free(btf->resolved_bytes);
	lbpf_area_free(btf->name_heads);
	lbpf_area_free(btf->name_next);
	lbpf_area_free(btf->data);
}
