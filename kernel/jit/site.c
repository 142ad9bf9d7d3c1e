// SPDX-License-Identifier: GPL-2.0
/*
 * Sites: direct jumps in images to programs of maps.
 *
 * Layer: jit.  Locks: cells_lock guards which cells are in use; what is in them
 * belongs to the lock of the site's map.  Code is written in a page that no CPU
 * is executing there (see <lbpf/jump_site.h>).
 */
#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/sync_core.h>

#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/jump_site.h>
#include <lbpf/prog.h>

#include "arena.h"
#include "emit.h"

/* Sites beyond these have no direct jump. */
#define NR_CELLS	4096

/* Compiled code names them by addresses of 32 bits, as it does what lies in the module. */
static struct lbpf_jump_cell cells[NR_CELLS];
static DECLARE_BITMAP(cells_used, NR_CELLS);
static DEFINE_MUTEX(cells_lock);

static const u8 endbr_bytes[] = { 0xf3, 0x0f, 0x1e, 0xfa };

static struct lbpf_jump_cell *take_cell(void)
{
	unsigned long nr;

	guard(mutex)(&cells_lock);
	nr = find_first_zero_bit(cells_used, NR_CELLS);
	if (nr >= NR_CELLS)
		return NULL;
	__set_bit(nr, cells_used);
	return &cells[nr];
}

static void give_cell(struct lbpf_jump_cell *cell)
{
	guard(mutex)(&cells_lock);
	__clear_bit(cell - cells, cells_used);
}

/* A direct jump needs no ENDBR64 where it leads. */
static const u8 *behind_endbr(const u8 *code)
{
	return memcmp(code, endbr_bytes, sizeof(endbr_bytes)) ? code : code + sizeof(endbr_bytes);
}

static int aim_site(struct lbpf_jump_site *site, const void *target)
{
	s32 distance = behind_endbr(target) - ((const u8 *)site->text + sizeof(distance));

	return lbpf_arena_write(site->text, &distance, sizeof(distance));
}

static void serialize_cpu(void *unused)
{
	sync_core();
}

static void serialize_cpus(void)
{
	on_each_cpu(serialize_cpu, NULL, 1);
}

static const struct lbpf_jump_site_ops site_ops = {
	.aim		= aim_site,
	.serialize	= serialize_cpus,
};

/**
 * lbpf_jit_make_site() - A site for the tail call under way
 * @jit: Compilation; map and index of the instruction are known.
 *
 * Context: Process context, may sleep.
 * Return: Site, which belongs to the compilation; NULL: there can be none.
 */
struct lbpf_jump_site *lbpf_jit_make_site(struct lbpf_jit *jit)
{
	struct lbpf_jump_site *site;

	/* Sleepable programs may be on their way to the jump for longer than RCU waits. */
	if (!jit->code->prog || jit->code->prog_flags & BPF_F_SLEEPABLE)
		return NULL;
	site = lbpf_zalloc(sizeof(*site), GFP_KERNEL);
	if (!site)
		return NULL;
	site->cell = take_cell();
	if (!site->cell) {
		lbpf_free(site);
		return NULL;
	}
	site->ops = &site_ops;
	site->map = jit->aux->map;
	site->index = jit->aux->key;
	site->next = jit->sites;
	jit->sites = site;
	return site;
}

/**
 * lbpf_jit_add_sites() - Let the direct jumps of an image follow their maps
 * @sites: First of them, or NULL.
 *
 * Context: Process context, may sleep.
 */
void lbpf_jit_add_sites(struct lbpf_jump_site *sites)
{
	for (; sites; sites = sites->next)
		lbpf_jump_site_add(sites);
}

/**
 * lbpf_jit_free_sites() - Free sites
 * @sites: First of them, or NULL.  Nobody can be running their code any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_jit_free_sites(struct lbpf_jump_site *sites)
{
	struct lbpf_jump_site *site;

	while (sites) {
		site = sites;
		sites = site->next;
		lbpf_jump_site_drop(site);
		give_cell(site->cell);
		lbpf_free(site);
	}
}
