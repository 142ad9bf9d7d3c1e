// SPDX-License-Identifier: GPL-2.0
/*
 * What the file of a pinned map says: its elements as text.
 *
 * Layer: api.
 *
 * Source: the format of bpffs in Linux 6.1, for maps whose types are known.  Tries and maps of
 * maps, which have no text there, follow it.
 */
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/numa.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_show.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/map.h>

#include "elem.h"
#include "pin.h"

static const char header[] = "# WARNING!! The output is for debug purpose only\n"
			     "# WARNING!! The output format will change\n";

/**
 * struct reading - An open file of a map
 * @map: Map; the file's inode keeps it.
 * @key: Key of the element under way.
 * @next_key: Room for another one.
 * @value: Room for a value as userspace sees it.
 * @has_key: @key is one; before the first element it is not.
 */
struct reading {
	struct lbpf_map	*map;
	void		*key;
	void		*next_key;
	void		*value;
	bool		has_key;
};

/**
 * lbpf_map_has_text() - Can the elements of a map be shown?
 * @map: Map.
 *
 * Context: Any.
 * Return: true if its types are known, or not needed, and its type has a format.
 */
bool lbpf_map_has_text(const struct lbpf_map *map)
{
	if (map->ops->text == LBPF_TEXT_VALUE)
		return map->btf_vmlinux_value_type_id;
	return map->ops->text && (map->ops->has_ids || (map->btf && map->btf_value_type_id));
}

static void *start_walk(struct seq_file *seq, loff_t *pos)
{
	struct reading *reading = seq->private;

	if (!*pos) {
		reading->has_key = false;
		return SEQ_START_TOKEN;
	}
	return reading->has_key ? reading->key : NULL;
}

/* Elements that come and go meanwhile must not make a walk without end. */
static void *next_elem(struct seq_file *seq, void *at, loff_t *pos)
{
	struct reading *reading = seq->private;
	struct lbpf_map *map = reading->map;
	int err;

	++*pos;
	rcu_read_lock();
	err = map->ops->next_key(map, at == SEQ_START_TOKEN ? NULL : reading->key,
				 reading->next_key);
	rcu_read_unlock();
	reading->has_key = !err && *pos <= map->max_entries;
	if (!reading->has_key)
		return NULL;
	swap(reading->key, reading->next_key);
	return reading->key;
}

static void stop_walk(struct seq_file *seq, void *at)
{
}

static __printf(2, 0) void print_to_file(void *to, const char *fmt, va_list args)
{
	seq_vprintf(to, fmt, args);
}

static void show_value(struct seq_file *seq, const struct lbpf_map *map, const void *value)
{
	const struct lbpf_btf_sink sink = { .print = print_to_file, .to = seq };

	if (map->ops->text == LBPF_TEXT_VALUE)
		lbpf_btf_print_value(lbpf_kernel_btf_peek(), map->btf_vmlinux_value_type_id, value,
				     map->value_size, LBPF_BTF_SHOW_PINNED, &sink);
	else if (map->btf)
		lbpf_btf_print_value(map->btf, map->btf_value_type_id, value, map->value_size,
				     LBPF_BTF_SHOW_PINNED, &sink);
	else
		seq_printf(seq, "%u", *(const u32 *)value);
	seq_putc(seq, '\n');
}

static void show_bytes(struct seq_file *seq, const u8 *bytes, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		seq_printf(seq, i ? " %02x" : "%02x", bytes[i]);
}

static void show_key(struct seq_file *seq, const struct lbpf_map *map, const void *key)
{
	const struct lbpf_btf_sink sink = { .print = print_to_file, .to = seq };

	if (map->ops->text == LBPF_TEXT_BY_INDEX)
		seq_printf(seq, "%u", *(const u32 *)key);
	else if (!map->btf)
		show_bytes(seq, key, map->key_size);
	else
		lbpf_btf_print_value(map->btf, map->btf_key_type_id, key, map->key_size,
				     LBPF_BTF_SHOW_PINNED, &sink);
	seq_puts(seq, ": ");
}

static int show_elem(struct seq_file *seq, void *at)
{
	struct reading *reading = seq->private;
	struct lbpf_map *map = reading->map;
	u32 off = 0;
	int cpu;

	if (at == SEQ_START_TOKEN) {
		seq_puts(seq, header);
		return 0;
	}
	if (lbpf_elem_get(map, reading->key, reading->value, 0))
		return 0;
	if (map->ops->text != LBPF_TEXT_VALUE)
		show_key(seq, map, reading->key);
	if (!map->ops->user_value_bytes) {
		show_value(seq, map, reading->value);
		return 0;
	}
	seq_puts(seq, "{\n");
	for_each_possible_cpu(cpu) {
		seq_printf(seq, "\tcpu%d: ", cpu);
		show_value(seq, map, reading->value + off);
		off += map->elem_size;
	}
	seq_puts(seq, "}\n");
	return 0;
}

static const struct seq_operations walk_ops = {
	.start	= start_walk,
	.next	= next_elem,
	.stop	= stop_walk,
	.show	= show_elem,
};

static struct reading *make_reading(struct lbpf_map *map)
{
	size_t key_bytes = round_up(map->key_size, 8);
	struct reading *reading = lbpf_zalloc(sizeof(*reading), GFP_KERNEL);

	if (!reading)
		return NULL;
	reading->map = map;
	reading->value = lbpf_area_alloc(round_up(lbpf_map_user_value_bytes(map), 8) +
					 2 * key_bytes, NUMA_NO_NODE);
	if (!reading->value) {
		lbpf_free(reading);
		return NULL;
	}
	reading->key = reading->value + round_up(lbpf_map_user_value_bytes(map), 8);
	reading->next_key = reading->key + key_bytes;
	return reading;
}

static void free_reading(struct reading *reading)
{
	lbpf_area_free(reading->value);
	lbpf_free(reading);
}

/**
 * lbpf_pin_open_text() - Open the file of a map
 * @map: Map with lbpf_map_has_text(), kept by the file's inode.
 * @file: File.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_pin_open_text(struct lbpf_map *map, struct file *file)
{
	struct reading *reading = make_reading(map);
	struct seq_file *seq;
	int err;

	if (!reading)
		return -ENOMEM;
	err = lbpf_alloc_fails() ? -ENOMEM : seq_open(file, &walk_ops);
	if (err) {
		free_reading(reading);
		return err;
	}
	seq = file->private_data;
	seq->private = reading;
	return 0;
}

/**
 * lbpf_pin_close_text() - Reverse of lbpf_pin_open_text()
 * @inode: Its inode.
 * @file: File.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int lbpf_pin_close_text(struct inode *inode, struct file *file)
{
	struct seq_file *seq = file->private_data;

	/* There is none if it was no map. */
	if (!seq)
		return 0;
	free_reading(seq->private);
	return seq_release(inode, file);
}
