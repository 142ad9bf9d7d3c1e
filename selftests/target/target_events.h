/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoint of the module that tests attach to: programs may write its first argument.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lbpf_target

#if !defined(LBPF_TARGET_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define LBPF_TARGET_EVENTS_H

#include <linux/tracepoint.h>

#include "target.h"

DECLARE_EVENT_CLASS(lbpf_target,
		    TP_PROTO(struct lbpf_target_object *object, int number, u8 narrow),
		    TP_ARGS(object, number, narrow),
		    TP_STRUCT__entry(__field(int, number)),
		    TP_fast_assign(__entry->number = number;),
		    TP_printk("number=%d", __entry->number));

/* Read several times, with other macros each time. */
#undef WRITABLE_EVENT
#ifdef DEFINE_EVENT_WRITABLE
#define WRITABLE_EVENT(name, proto, args)					\
	DEFINE_EVENT_WRITABLE(lbpf_target, name, PARAMS(proto), PARAMS(args),	\
			      sizeof(struct lbpf_target_object))
#else
#define WRITABLE_EVENT(name, proto, args)					\
	DEFINE_EVENT(lbpf_target, name, PARAMS(proto), PARAMS(args))
#endif

WRITABLE_EVENT(lbpf_target_hit,
	       TP_PROTO(struct lbpf_target_object *object, int number, u8 narrow),
	       TP_ARGS(object, number, narrow));

#endif /* LBPF_TARGET_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE target_events
#include <trace/define_trace.h>
