// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on maps.  The verifier has checked that the map has the operation.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>

#include <lbpf/map.h>

#include "helper.h"
#include "protos.h"

HELPER_2(map_lookup, struct lbpf_map *, map, const void *, key)
{
	return (u64)(unsigned long)map->ops->lookup(map, key);
}

const struct lbpf_proto lbpf_map_lookup_proto = {
	.name		= "map_lookup_elem",
	.id		= BPF_FUNC_map_lookup_elem,
	.fn		= map_lookup,
	.pkt_access	= true,
	.map_use	= LBPF_USE_LOOKUP,
	.ret		= LBPF_RET_MAP_VALUE | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_4(map_update, struct lbpf_map *, map, const void *, key, const void *, value, u64, flags)
{
	return map->ops->update(map, key, value, flags);
}

const struct lbpf_proto lbpf_map_update_proto = {
	.name		= "map_update_elem",
	.id		= BPF_FUNC_map_update_elem,
	.fn		= map_update,
	.pkt_access	= true,
	.map_use	= LBPF_USE_UPDATE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY, LBPF_ARG_MAP_VALUE,
			    LBPF_ARG_ANYTHING },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_2(map_delete, struct lbpf_map *, map, const void *, key)
{
	return map->ops->delete(map, key);
}

const struct lbpf_proto lbpf_map_delete_proto = {
	.name		= "map_delete_elem",
	.id		= BPF_FUNC_map_delete_elem,
	.fn		= map_delete,
	.pkt_access	= true,
	.map_use	= LBPF_USE_DELETE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_3(map_push, struct lbpf_map *, map, const void *, value, u64, flags)
{
	return map->ops->push(map, value, flags);
}

const struct lbpf_proto lbpf_map_push_proto = {
	.name		= "map_push_elem",
	.id		= BPF_FUNC_map_push_elem,
	.fn		= map_push,
	.pkt_access	= true,
	.map_use	= LBPF_USE_PUSH,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_VALUE, LBPF_ARG_ANYTHING },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_2(map_pop, struct lbpf_map *, map, void *, value)
{
	return map->ops->pop(map, value);
}

const struct lbpf_proto lbpf_map_pop_proto = {
	.name		= "map_pop_elem",
	.id		= BPF_FUNC_map_pop_elem,
	.fn		= map_pop,
	.map_use	= LBPF_USE_POP,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_VALUE | LBPF_UNINIT },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_2(map_peek, struct lbpf_map *, map, void *, value)
{
	return map->ops->peek(map, value);
}

const struct lbpf_proto lbpf_map_peek_proto = {
	.name		= "map_peek_elem",
	.id		= BPF_FUNC_map_peek_elem,
	.fn		= map_peek,
	.map_use	= LBPF_USE_PEEK,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_VALUE | LBPF_UNINIT },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

HELPER_3(map_lookup_percpu, struct lbpf_map *, map, const void *, key, u32, cpu)
{
	return (u64)(unsigned long)map->ops->lookup_percpu(map, key, cpu);
}

const struct lbpf_proto lbpf_map_lookup_percpu_proto = {
	.name		= "map_lookup_percpu_elem",
	.id		= BPF_FUNC_map_lookup_percpu_elem,
	.fn		= map_lookup_percpu,
	.pkt_access	= true,
	.map_use	= LBPF_USE_LOOKUP_PERCPU,
	.ret		= LBPF_RET_MAP_VALUE | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY, LBPF_ARG_ANYTHING },
	.inline_as	= LBPF_INLINE_MAP_OP,
};

/* Never called: a tail call is instructions of its own. */
const struct lbpf_proto lbpf_tail_call_proto = {
	.name		= "tail_call",
	.id		= BPF_FUNC_tail_call,
	.effects	= LBPF_EFF_TAIL_CALL,
	.map_use	= LBPF_USE_TAIL_CALL,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
	.inline_as	= LBPF_INLINE_TAIL_CALL,
};

HELPER_2(local_storage, struct lbpf_map *, map, u64, flags)
{
	return (u64)(unsigned long)map->ops->run_value(map);
}

const struct lbpf_proto lbpf_local_storage_proto = {
	.name		= "get_local_storage",
	.id		= BPF_FUNC_get_local_storage,
	.fn		= local_storage,
	.map_use	= LBPF_USE_LOCAL_STORAGE,
	.ret		= LBPF_RET_MAP_VALUE,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ZERO },
};
