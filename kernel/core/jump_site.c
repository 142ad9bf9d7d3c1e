// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps in machine code to the program that a map has at a known index.
 *
 * Layer: core.  Locks: lbpf_jump_sites::lock.  The cells are read by compiled code without a lock,
 * under RCU.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>

#include <lbpf/jump_site.h>
#include <lbpf/map.h>

static atomic_t nr_sites = ATOMIC_INIT(0);
static atomic_t nr_direct = ATOMIC_INIT(0);

static struct lbpf_jump_map *map_of(const struct lbpf_jump_site *site)
{
	return container_of(site->map, struct lbpf_jump_map, map);
}

static struct hlist_head *list_of(struct lbpf_jump_sites *sites, u32 index)
{
	return &sites->by_index[index % LBPF_JUMP_LISTS];
}

static void set_direct(struct lbpf_jump_site *site, bool is_direct)
{
	atomic_add(is_direct - site->cell->is_direct, &nr_direct);
	/* What the code and the target are is seen by who sees this. */
	smp_store_release(&site->cell->is_direct, is_direct);
}

/* From here on no CPU goes to the direct jump.  Those that are on their way use the old target. */
static void start_settling(struct lbpf_jump_sites *sites)
{
	struct lbpf_jump_site *site;
	u32 i;

	guard(mutex)(&sites->lock);
	for (i = 0; i < LBPF_JUMP_LISTS; i++)
		hlist_for_each_entry(site, &sites->by_index[i], node)
			site->is_settling = !site->cell->is_direct && site->cell->target;
}

/* Aims what has not changed again; the owner of the sites, NULL: there are none. */
static const struct lbpf_jump_site_ops *aim_settled(struct lbpf_jump_sites *sites)
{
	const struct lbpf_jump_site_ops *ops = NULL;
	struct lbpf_jump_site *site;
	u32 i;

	lockdep_assert_held(&sites->lock);
	for (i = 0; i < LBPF_JUMP_LISTS; i++) {
		hlist_for_each_entry(site, &sites->by_index[i], node) {
			if (!site->is_settling)
				continue;
			/* Without memory the way through memory stays. */
			site->is_settling = !site->ops->aim(site, site->cell->target);
			ops = site->ops;
		}
	}
	return ops;
}

static void go_direct(struct lbpf_jump_sites *sites)
{
	struct lbpf_jump_site *site;
	u32 i;

	lockdep_assert_held(&sites->lock);
	for (i = 0; i < LBPF_JUMP_LISTS; i++) {
		hlist_for_each_entry(site, &sites->by_index[i], node) {
			if (site->is_settling)
				set_direct(site, true);
			site->is_settling = false;
		}
	}
}

/* A site that is added or changes after the grace period has begun waits for the next one. */
static void settle(struct work_struct *work)
{
	struct lbpf_jump_sites *sites = container_of(work, struct lbpf_jump_sites, settle);
	const struct lbpf_jump_site_ops *ops;

	start_settling(sites);
	synchronize_rcu();
	guard(mutex)(&sites->lock);
	ops = aim_settled(sites);
	if (!ops)
		return;
	ops->serialize();
	go_direct(sites);
}

/**
 * lbpf_jump_sites_init() - Prepare a map for sites
 * @sites: Of a map that nobody else sees yet.
 *
 * Context: Any.
 */
void lbpf_jump_sites_init(struct lbpf_jump_sites *sites)
{
	u32 i;

	mutex_init(&sites->lock);
	for (i = 0; i < LBPF_JUMP_LISTS; i++)
		INIT_HLIST_HEAD(&sites->by_index[i]);
	INIT_WORK(&sites->settle, settle);
}

/**
 * lbpf_jump_sites_exit() - Undo lbpf_jump_sites_init()
 * @sites: Of a map that nobody uses any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_jump_sites_exit(struct lbpf_jump_sites *sites)
{
	cancel_work_sync(&sites->settle);
	mutex_destroy(&sites->lock);
}

/**
 * lbpf_jump_sites_turn() - Let all sites of an index jump elsewhere
 * @sites: Of a map; the caller holds their lock.
 * @index: Index.
 * @target: Where to, NULL: nowhere.  The old target lives on for a grace period.
 *
 * Context: Process context; does not sleep.
 */
void lbpf_jump_sites_turn(struct lbpf_jump_sites *sites, u32 index, const void *target)
{
	struct lbpf_jump_site *site;
	bool has_any = false;

	lockdep_assert_held(&sites->lock);
	hlist_for_each_entry(site, list_of(sites, index), node) {
		if (site->index != index)
			continue;
		WRITE_ONCE(site->cell->target, target);
		set_direct(site, false);
		site->is_settling = false;
		has_any = true;
	}
	if (has_any && target)
		queue_work(system_unbound_wq, &sites->settle);
}

/**
 * lbpf_jump_site_add() - Let a site follow its map
 * @site: Site whose code nobody runs yet.
 *
 * Where the map has a program at its index, it jumps there directly from the start.
 *
 * Context: Process context, may sleep.  Takes and releases lbpf_jump_sites::lock.
 */
void lbpf_jump_site_add(struct lbpf_jump_site *site)
{
	struct lbpf_jump_map *jump = map_of(site);
	const void *target;

	guard(mutex)(&jump->sites.lock);
	target = jump->targets[site->index];
	site->cell->target = target;
	site->cell->is_direct = false;
	if (target && !site->ops->aim(site, target))
		set_direct(site, true);
	hlist_add_head(&site->node, list_of(&jump->sites, site->index));
	site->is_added = true;
	atomic_inc(&nr_sites);
}

/**
 * lbpf_jump_site_drop() - Undo lbpf_jump_site_add()
 * @site: Site, or one that was never added.  Nobody runs its code any more, and nobody writes to
 *	it afterwards.
 *
 * Context: Process context, may sleep.  Takes and releases lbpf_jump_sites::lock.
 */
void lbpf_jump_site_drop(struct lbpf_jump_site *site)
{
	if (!site->is_added)
		return;
	guard(mutex)(&map_of(site)->sites.lock);
	set_direct(site, false);
	hlist_del(&site->node);
	site->is_added = false;
	atomic_dec(&nr_sites);
}

/**
 * lbpf_jump_site_count() - Sites of all maps
 *
 * Context: Any.
 * Return: Their number.
 */
u32 lbpf_jump_site_count(void)
{
	return atomic_read(&nr_sites);
}

/**
 * lbpf_jump_direct_count() - Sites that jump directly
 *
 * Context: Any.
 * Return: Their number.
 */
u32 lbpf_jump_direct_count(void)
{
	return atomic_read(&nr_direct);
}
