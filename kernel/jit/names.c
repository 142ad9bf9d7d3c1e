// SPDX-License-Identifier: GPL-2.0
/*
 * Names of compiled functions in stack traces and /proc/kallsyms.
 *
 * Layer: jit.  Locks: names_lock guards the slots.  The kernel finds names of
 * module text in the module's own symbol table, which it reads through a pointer
 * under RCU.  Once the module is up, the pointer leads to a copy of that table
 * with room at its end.  Readers skip symbols without a name, so that writing
 * the first character of one publishes it, and clearing it takes it back; who
 * still reads a name that is being replaced sees a wrong name, never a bad address.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/jit.h>

#include "names.h"

/* Functions that can have a name at a time; the others show as the arena. */
#define NR_SLOTS	1024
#define NAME_BYTES	128

/**
 * struct names - The module's symbol table with room at its end
 * @kallsyms: What the kernel reads.  NULL symtab: there was no memory for it.
 * @nr_old: Symbols that were there before.
 * @old_bytes: Bytes of their names.
 * @used: Slots in use.
 */
struct names {
	struct mod_kallsyms	kallsyms;
	u32			nr_old;
	u32			old_bytes;
	DECLARE_BITMAP(used, NR_SLOTS);
};

static DEFINE_MUTEX(names_lock);
static struct names names;

static Elf_Sym *symbol_of(u32 slot)
{
	return &names.kallsyms.symtab[names.nr_old + slot];
}

static char *text_of(u32 slot)
{
	return names.kallsyms.strtab + names.old_bytes + slot * NAME_BYTES;
}

/* Bytes of all names: the last one ends with the table. */
static u32 count_bytes(const struct mod_kallsyms *old)
{
	u32 i, end, bytes = 1;

	for (i = 0; i < old->num_symtab; i++) {
		end = old->symtab[i].st_name + strlen(old->strtab + old->symtab[i].st_name) + 1;
		bytes = max(bytes, end);
	}
	return bytes;
}

static void free_table(void)
{
	lbpf_area_free(names.kallsyms.symtab);
	lbpf_area_free(names.kallsyms.strtab);
	lbpf_area_free(names.kallsyms.typetab);
	memset(&names.kallsyms, 0, sizeof(names.kallsyms));
}

static bool alloc_table(u32 nr_symbols, u32 text_bytes)
{
	struct mod_kallsyms *new = &names.kallsyms;

	new->symtab = lbpf_area_alloc_array(nr_symbols, sizeof(*new->symtab), NUMA_NO_NODE);
	new->strtab = lbpf_area_alloc(text_bytes, NUMA_NO_NODE);
	new->typetab = lbpf_area_alloc(nr_symbols, NUMA_NO_NODE);
	new->num_symtab = nr_symbols;
	return new->symtab && new->strtab && new->typetab;
}

static void fill_table(const struct mod_kallsyms *old)
{
	struct mod_kallsyms *new = &names.kallsyms;
	u32 i;

	memcpy(new->symtab, old->symtab, old->num_symtab * sizeof(*new->symtab));
	memcpy(new->strtab, old->strtab, names.old_bytes);
	memcpy(new->typetab, old->typetab, old->num_symtab);
	for (i = 0; i < NR_SLOTS; i++) {
		symbol_of(i)->st_name = text_of(i) - new->strtab;
		symbol_of(i)->st_shndx = SHN_ABS;
		new->typetab[names.nr_old + i] = 't';
	}
}

/**
 * lbpf_names_init() - Make room for names
 *
 * Context: Module init.
 * Return: 0 or -ENOMEM.
 */
int lbpf_names_init(void)
{
	const struct mod_kallsyms *old = &THIS_MODULE->core_kallsyms;

	names.nr_old = old->num_symtab;
	names.old_bytes = count_bytes(old);
	if (!alloc_table(names.nr_old + NR_SLOTS, names.old_bytes + NR_SLOTS * NAME_BYTES)) {
		free_table();
		return -ENOMEM;
	}
	fill_table(old);
	return 0;
}

/**
 * lbpf_names_exit() - Give the module its own symbol table back
 *
 * Context: Module exit, sleeps for a grace period.
 */
void lbpf_names_exit(void)
{
	if (rcu_access_pointer(THIS_MODULE->kallsyms) == &names.kallsyms)
		rcu_assign_pointer(THIS_MODULE->kallsyms, &THIS_MODULE->core_kallsyms);
	/* Readers have interrupts or preemption off. */
	synchronize_rcu();
	free_table();
}

/* Until the module is up, the kernel itself moves the pointer. */
static bool is_table_in_place(void)
{
	struct mod_kallsyms *now = rcu_access_pointer(THIS_MODULE->kallsyms);

	lockdep_assert_held(&names_lock);
	if (now == &THIS_MODULE->core_kallsyms)
		rcu_assign_pointer(THIS_MODULE->kallsyms, &names.kallsyms);
	return now == &THIS_MODULE->core_kallsyms || now == &names.kallsyms;
}

static void publish_name(u32 slot, const void *addr, const char *text)
{
	char *name = text_of(slot);

	symbol_of(slot)->st_value = (unsigned long)addr;
	strscpy(name + 1, text + 1, NAME_BYTES - 1);
	/* Pairs with the reader's dependency on the name: value and rest come first. */
	smp_store_release(name, text[0]);
}

/* As Linux: the name that types give a function; else that of the program, or F. */
static void make_name(char *text, const struct lbpf_image_names *from, u32 func)
{
	const char *name = from->func_name(from->ctx, func);

	if (!name)
		name = func ? "F" : from->name;
	scnprintf(text, NAME_BYTES, "bpf_prog_%*phN%s%s", (int)from->tag_bytes, from->tag,
		  *name ? "_" : "", name);
}

/**
 * lbpf_image_name() - Give the functions of an image names
 * @image: Image, not yet named.
 * @from: What they are called.
 *
 * As Linux names them: bpf_prog_<tag>_<name>.  Without room they have none.
 *
 * Context: Process context, may sleep.
 */
void lbpf_image_name(struct lbpf_image *image, const struct lbpf_image_names *from)
{
	char text[NAME_BYTES];
	unsigned long first;
	u32 i;

	guard(mutex)(&names_lock);
	if (!is_table_in_place())
		return;
	first = bitmap_find_next_zero_area(names.used, NR_SLOTS, 0, image->nr_funcs, 0);
	if (first + image->nr_funcs > NR_SLOTS)
		return;
	bitmap_set(names.used, first, image->nr_funcs);
	image->first_name = first;
	image->nr_names = image->nr_funcs;
	for (i = 0; i < image->nr_funcs; i++) {
		make_name(text, from, i);
		publish_name(first + i, image->funcs[i].addr, text);
	}
}

/**
 * lbpf_image_unname() - Take the names of an image back
 * @image: Image.
 *
 * Context: Process context, may sleep.
 */
void lbpf_image_unname(struct lbpf_image *image)
{
	u32 i;

	if (!image->nr_names)
		return;
	guard(mutex)(&names_lock);
	for (i = 0; i < image->nr_names; i++)
		WRITE_ONCE(*text_of(image->first_name + i), '\0');
	bitmap_clear(names.used, image->first_name, image->nr_names);
}
