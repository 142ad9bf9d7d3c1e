// SPDX-License-Identifier: GPL-2.0
/*
 * BTF that the kernel itself made: of vmlinux and of modules.
 *
 * Layer: btf (p).  It is large and right by its origin: only what keeps a reader inside of it is
 * checked (frames of types, end of the names), not what the types mean.  Ids in it may therefore
 * lead anywhere, in circles too; who follows them bounds his steps.
 */
#include <linux/errno.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "check.h"

/* Names by hash: this many buckets for each type, at least. */
#define MIN_BUCKET_BITS	8

static bool is_section(const struct btf_header *header, u32 room, u32 off, u32 len)
{
	return off <= room && len <= room - off;
}

static int adopt_header(struct lbpf_btf *btf, struct btf_header *header)
{
	u32 room;

	if (btf->data_bytes < sizeof(*header))
		return -EINVAL;
	memcpy(header, btf->data, sizeof(*header));
	if (header->magic != BTF_MAGIC || header->version != BTF_VERSION || header->flags ||
	    header->hdr_len < sizeof(*header) || header->hdr_len > btf->data_bytes)
		return -EINVAL;
	room = btf->data_bytes - header->hdr_len;
	if (header->type_off % sizeof(u32) || header->hdr_len % sizeof(u32) || !header->str_len ||
	    !is_section(header, room, header->type_off, header->type_len) ||
	    !is_section(header, room, header->str_off, header->str_len))
		return -EINVAL;
	btf->types = btf->data + header->hdr_len + header->type_off;
	btf->strings = btf->data + header->hdr_len + header->str_off;
	btf->str_bytes = header->str_len;
	return btf->strings[header->str_len - 1] ? -EINVAL : 0;
}

/* Bytes of the type at @off, or 0 when it is none. */
static u32 frame_bytes(const struct lbpf_btf *btf, u32 off, u32 end)
{
	const struct btf_type *type = (const struct btf_type *)(btf->types + off);
	const struct lbpf_btf_kind *row;
	u32 bytes;

	if (end - off < sizeof(*type))
		return 0;
	row = lbpf_btf_kind_row(lbpf_btf_kind(type));
	if (!row)
		return 0;
	bytes = sizeof(*type) + row->extra_bytes + row->item_bytes * lbpf_btf_vlen(type);
	return bytes <= end - off ? bytes : 0;
}

/* Places of all types.  The first round counts. */
static int adopt_types(struct lbpf_btf *btf, u32 type_len)
{
	u32 off, bytes, nr = 0;

	for (off = 0; off < type_len; off += bytes, nr++) {
		bytes = frame_bytes(btf, off, type_len);
		if (!bytes)
			return -EINVAL;
	}
	btf->type_offs = lbpf_area_alloc_raw(nr + 1, sizeof(u32), NUMA_NO_NODE);
	if (!btf->type_offs)
		return -ENOMEM;
	for (off = 0, nr = 0; off < type_len; off += frame_bytes(btf, off, type_len), nr++)
		btf->type_offs[nr] = off;
	btf->nr_ids = btf->first_id + nr;
	return 0;
}

/* Flavors of a name share a bucket. */
static u32 hash_name(const struct lbpf_btf *btf, const char *name)
{
	u32 hash = 0, bytes = lbpf_btf_essential_bytes(name);

	while (bytes--)
		hash = (hash ^ (u8)*name++) * 0x9e3779b1;
	return hash >> (32 - btf->name_bits);
}

/* From the last to the first, so that a chain begins with the lowest id. */
static int index_names(struct lbpf_btf *btf)
{
	u32 nr = btf->nr_ids - btf->first_id, i, bucket;
	const char *name;

	btf->name_bits = MIN_BUCKET_BITS;
	while (nr >> btf->name_bits)
		btf->name_bits++;
	btf->name_heads = lbpf_area_alloc_array(1U << btf->name_bits, sizeof(u32), NUMA_NO_NODE);
	btf->name_next = lbpf_area_alloc_raw(nr + 1, sizeof(u32), NUMA_NO_NODE);
	if (!btf->name_heads || !btf->name_next)
		return -ENOMEM;
	for (i = nr; i--;) {
		name = lbpf_btf_type_name(btf, lbpf_btf_type(btf, btf->first_id + i));
		if (!*name)
			continue;
		bucket = hash_name(btf, name);
		btf->name_next[i] = btf->name_heads[bucket];
		btf->name_heads[bucket] = btf->first_id + i;
	}
	return 0;
}

/**
 * lbpf_btf_adopt() - Make BTF of the kernel's own making usable
 * @btf: Zeroed; filled in for lbpf_btf_release().
 * @base: BTF that it continues, or NULL.
 * @data: Bytes, of lbpf_area_alloc(); taken over in any case.
 * @data_bytes: Their number.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EINVAL: it is cut off, or none.
 */
int lbpf_btf_adopt(struct lbpf_btf *btf, const struct lbpf_btf *base, void *data, u32 data_bytes)
{
	struct btf_header header;
	int err;

	btf->data = data;
	btf->data_bytes = data_bytes;
	btf->base = base;
	btf->first_id = base ? base->nr_ids : 1;
	btf->first_str = base ? base->first_str + base->str_bytes : 0;
	btf->nr_ids = btf->first_id;
	err = adopt_header(btf, &header);
	if (!err)
		err = adopt_types(btf, header.type_len);
	return err ?: index_names(btf);
}

/**
 * lbpf_btf_find_indexed() - Find a type by its name in BTF that has an index
 * @btf: BTF; not that of its base.
 * @name: Name.
 * @kind: BTF_KIND_*.
 *
 * Context: Any.
 * Return: Id, or -ENOENT.
 */
int lbpf_btf_find_indexed(const struct lbpf_btf *btf, const char *name, u32 kind)
{
	const struct btf_type *type;
	u32 id;

	for (id = btf->name_heads[hash_name(btf, name)]; id;
	     id = btf->name_next[id - btf->first_id]) {
		type = lbpf_btf_type(btf, id);
		if (is_kind(type, kind) && !strcmp(lbpf_btf_type_name(btf, type), name))
			return id;
	}
	return -ENOENT;
}

static u32 next_in_bucket(const struct lbpf_btf *btf, const char *name, u32 id)
{
	return id ? btf->name_next[id - btf->first_id] : btf->name_heads[hash_name(btf, name)];
}

/**
 * lbpf_btf_next_essential() - Types with a name, but for flavors
 * @btf: BTF; not that of its base.
 * @name: Name.
 * @id: Where the search ended last; 0 at first.
 *
 * Context: Any; takes long where names have no index.
 * Return: The next id, which is higher, or 0.
 */
u32 lbpf_btf_next_essential(const struct lbpf_btf *btf, const char *name, u32 id)
{
	u32 bytes = lbpf_btf_essential_bytes(name);
	const char *other;

	for (;;) {
		id = btf->name_heads ? next_in_bucket(btf, name, id) : max(id + 1, btf->first_id);
		if (id >= btf->nr_ids)
			return 0;
		if (!id)
			return 0;
		other = lbpf_btf_type_name(btf, lbpf_btf_type(btf, id));
		if (lbpf_btf_essential_bytes(other) == bytes && !memcmp(name, other, bytes))
			return id;
	}
}
