/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * User ABI of /dev/lbpf.
 *
 * One ioctl per bpf(2) command: bpf(cmd, attr, size) and
 * ioctl(dev, LBPF_IOC(cmd, size), attr) are the same call, with the
 * union bpf_attr of <linux/bpf.h>, the same results and the same errno.
 * Commands from LBPF_CMD_FIRST up are lbpf's own; each takes a struct below,
 * versioned by its size as bpf(2)'s attributes are: missing tail bytes read
 * as zero, unknown tail bytes must be zero (E2BIG).
 */
#ifndef _UAPI_LBPF_H
#define _UAPI_LBPF_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define LBPF_DEVICE		"/dev/lbpf"
/* Type of the pin filesystem, and where it is mounted by convention. */
#define LBPF_FS_TYPE		"lbpf"
#define LBPF_FS_DIR		"/sys/fs/lbpf"
#define LBPF_IOC_MAGIC		0xBF

/* The ioctl number of bpf(2) command (or lbpf command) @cmd with @size bytes of attributes. */
#define LBPF_IOC(cmd, size)	_IOC(_IOC_READ | _IOC_WRITE, LBPF_IOC_MAGIC, (cmd), (size))

enum lbpf_cmd {
	LBPF_CMD_FIRST		= 0x80,
	LBPF_SOCK_ATTACH	= 0x80,	/* struct lbpf_sock_attach */
	LBPF_SOCK_DETACH	= 0x81,	/* struct lbpf_sock_attach, prog_fd ignored */
	LBPF_PROG_FACTS		= 0x82,	/* struct lbpf_prog_facts_attr */
	LBPF_STATS		= 0x83,	/* struct lbpf_stats */
	LBPF_MAP_COUNT		= 0x84,	/* struct lbpf_map_count */
	LBPF_MAP_WALK		= 0x85,	/* struct lbpf_map_walk */
	LBPF_PROG_EXPLAIN	= 0x88,	/* struct lbpf_prog_explain */
	LBPF_PERF_ATTACH	= 0x89,	/* struct lbpf_perf_attach */
	LBPF_PERF_QUERY		= 0x8a,	/* struct lbpf_perf_query */
};

/* Where on a socket a program is attached: what setsockopt(2) has one option for each. */
enum lbpf_sock_hook {
	LBPF_SOCK_FILTER	= 0,	/* SO_ATTACH_BPF, SO_DETACH_BPF */
	LBPF_SOCK_REUSEPORT	= 1,	/* SO_ATTACH_REUSEPORT_EBPF */
};

/**
 * struct lbpf_sock_attach - LBPF_SOCK_ATTACH, LBPF_SOCK_DETACH
 * @sock_fd: Socket.
 * @prog_fd: lbpf program; SOCKET_FILTER for both hooks.
 * @hook: enum lbpf_sock_hook.
 * @flags: Must be 0.
 *
 * Errors as setsockopt(2) gives them for the same option; EBADF or EINVAL for
 * a @prog_fd that is no lbpf program.
 */
struct lbpf_sock_attach {
	__u32	sock_fd;
	__u32	prog_fd;
	__u32	hook;
	__u32	flags;
};

/**
 * struct lbpf_perf_attach - LBPF_PERF_ATTACH: a program at a perf event, as long as the event lives
 * @perf_fd: Descriptor of perf_event_open(2).
 * @prog_fd: lbpf program: TRACEPOINT, KPROBE or PERF_EVENT, as the event wants it.
 * @flags: Must be 0.
 * @reserved: Must be 0.
 *
 * Errors as PERF_EVENT_IOC_SET_BPF gives them; EBADF for a @perf_fd that is none.
 */
struct lbpf_perf_attach {
	__u32	perf_fd;
	__u32	prog_fd;
	__u32	flags;
	__u32	reserved;
};

/**
 * struct lbpf_perf_query - LBPF_PERF_QUERY: the programs at a tracepoint
 * @perf_fd: Descriptor of perf_event_open(2), of any event of the tracepoint.
 * @nr_ids: Room at @ids, at most 64.
 * @ids: User pointer to u32: ids of lbpf programs, in the order they were attached.
 * @count: User pointer to u32: their number.
 *
 * Errors as PERF_EVENT_IOC_QUERY_BPF gives them; EBADF for a @perf_fd that is none.
 */
struct lbpf_perf_query {
	__u32	perf_fd;
	__u32	nr_ids;
	__u64	ids;
	__u64	count;
};

/**
 * struct lbpf_map_count - LBPF_MAP_COUNT: how many elements a map holds now
 * @map_fd: Map.
 * @flags: Must be 0.
 * @count: Out: exact number of elements; max_entries for arrays; bytes not read yet for ring
 *	buffers; for bloom filters how many of the values put in were not in it yet, as far as it
 *	could tell.
 */
struct lbpf_map_count {
	__u32	map_fd;
	__u32	flags;
	__u64	count;
};

/*
 * Flags of BPF_MAP_LOOKUP_ELEM and BPF_MAP_UPDATE_ELEM on per-CPU maps: the value is that of one
 * CPU (value_size bytes), whose number is in the upper half of the flags; or one value for all
 * CPUs (update only).  The numbers are those of BPF_F_CPU and BPF_F_ALL_CPUS, which later
 * versions of <linux/bpf.h> have.  EINVAL: no per-CPU map; ERANGE: no such CPU.
 */
#define LBPF_F_CPU		0x8ULL
#define LBPF_F_ALL_CPUS		0x10ULL
#define LBPF_F_CPU_SHIFT	32

/*
 * Flag of BPF_PROG_TEST_RUN: run the program on a context that is made for it, of a type that
 * Linux cannot run so (524 without the flag): kprobe, tracepoint, perf_event, sk_msg,
 * sk_reuseport, sock_ops and those of cgroups.  Numbers of the context are taken from ctx_in (the
 * struct that the program is given, zeros when it is short) and given to ctx_out; packet and
 * optval are data_in and data_out.  A socket is one of TCP, not connected.  EINVAL: the type has a
 * test run of its own.
 */
#define LBPF_F_TEST_SYNTHETIC	0x80000000U

/**
 * struct lbpf_map_walk - LBPF_MAP_WALK: the next elements of a map
 * @map_fd: Map.
 * @flags: Must be 0.
 * @cursor: In: 0 to begin, else as the last call left it.  Out: where to go on.
 * @keys: User pointer to room for @count keys, or 0.
 * @values: User pointer to room for @count values, as BPF_MAP_LOOKUP_BATCH has them, or 0.
 * @count: In: elements wanted.  Out: elements given, fewer also after a signal.
 * @is_end: Out: 1 when there is nothing more.
 * @cursor_key: User pointer to room for a key, which is part of the position in LPM tries: kept
 *	by the caller with @cursor.  Not used for other types; may be left out with the size.
 *
 * An element that is in the map during the whole walk is given exactly once, whatever is
 * inserted and deleted meanwhile; any @count makes progress.  EOPNOTSUPP for map types
 * without keys, EINVAL for LPM tries without @cursor_key, and ENOTSUPP (524) for @values of
 * types that cannot be looked up.
 */
struct lbpf_map_walk {
	__u32	map_fd;
	__u32	flags;
	__u64	cursor;
	__u64	keys;
	__u64	values;
	__u32	count;
	__u32	is_end;
	__u64	cursor_key;
};

/**
 * struct lbpf_stats - LBPF_STATS: what the module holds (all fields out)
 * @nr_maps: Live maps, the ones waiting for a grace period included.
 * @nr_progs: Live programs, likewise.
 * @nr_links: Live links.
 * @nr_btfs: Live BTF objects.
 * @nr_allocs: Live allocations of the accounted allocator.
 * @text_bytes: Bytes of the text arena in use.
 * @text_size_bytes: Size of the text arena.
 * @verify_ns: Time that verifying programs has taken so far.
 * @rewrite_ns: ... rewriting them.
 * @emit_ns: ... compiling them.
 * @nr_jump_sites: Tail calls in machine code whose map and index are constant.
 * @nr_direct_jumps: Those of them that jump directly to the program of that index now.
 *
 * Needs CAP_SYS_ADMIN.
 */
struct lbpf_stats {
	__u64	nr_maps;
	__u64	nr_progs;
	__u64	nr_links;
	__u64	nr_btfs;
	__u64	nr_allocs;
	__u64	text_bytes;
	__u64	text_size_bytes;
	__u64	verify_ns;
	__u64	rewrite_ns;
	__u64	emit_ns;
	__u64	nr_jump_sites;
	__u64	nr_direct_jumps;
};

/*
 * In log_level of BPF_PROG_LOAD: the log shows the program as it was verified,
 * after each pass that rewrites it (a letter and a name for each), and at last
 * the machine code beside the instructions that it was made of.  Numbers before
 * an instruction: its index, and that of the instruction as loaded that it comes
 * from.  Needs CAP_SYSLOG, since kernel addresses are shown; -EINVAL otherwise.
 */
#define LBPF_LOG_LEVEL_PASSES	0x10000

/* What the verifier believed of one register before one instruction, joined over all visits. */
struct lbpf_reg_fact {
	/* enum lbpf_reg_type with its flags; 0: never read or never visited */
	__u32	type;
	__u32	reserved;
	__u64	tnum_value;	/* known bits; meaningful for scalars and for variable offsets */
	__u64	tnum_mask;	/* unknown bits */
	__u64	umin, umax;
	__s64	smin, smax;
};

/**
 * struct lbpf_insn_fact - What the verifier believed of one instruction
 * @visits: Times the verifier walked it; 0: unreachable.
 * @jump: 1: the condition was always true, 2: always false, else 0.
 * @dst: Destination register before the instruction.
 * @src: Source register before the instruction.
 */
struct lbpf_insn_fact {
	__u32	visits;
	__u32	jump;
	struct lbpf_reg_fact dst;
	struct lbpf_reg_fact src;
};

/**
 * struct lbpf_prog_facts_attr - LBPF_PROG_FACTS: the verifier's facts of a loaded program
 * @prog_fd: Program.
 * @flags: Must be 0.
 * @facts: User pointer to struct lbpf_insn_fact, one per original instruction.
 * @nr_facts: In: room at @facts.  Out: instructions of the program as it was loaded.
 * @fact_size_bytes: In: sizeof(struct lbpf_insn_fact) of the caller.
 *
 * Needs CAP_SYS_ADMIN.
 */
struct lbpf_prog_facts_attr {
	__u32	prog_fd;
	__u32	flags;
	__u64	facts;
	__u32	nr_facts;
	__u32	fact_size_bytes;
};

#define LBPF_MAX_DECISIONS	32
#define LBPF_RULE_BYTES		256

/* A conditional jump on the path to the refused instruction. */
struct lbpf_decision {
	__u32	insn_idx;
	__u32	taken;		/* 1: it jumped, 0: it went on to the next instruction */
};

/**
 * struct lbpf_rejection - Why a program is refused
 * @err: errno of BPF_PROG_LOAD; 0: the program is accepted, and nothing else is set.
 * @insn_idx: Instruction that was refused; ~0: the refusal is not of an instruction on a path.
 * @line: Source line, 0 without line information.
 * @column: Source column, likewise.
 * @subprog: Function that the instruction is in, by number.
 * @depth: Calls that led there: 0 in the main function.
 * @is_speculative: Only a mispredicting processor gets there.
 * @processed_insns: Instructions walked until then.
 * @regno: Register that was looked at last, ~0 for none; what follows was known of it.
 * @reg_off: Pointers: fixed offset from the start of what it points into, bytes.
 * @reg: Its type; the number, or of pointers the variable part of the offset.
 * @access_min: Memory accesses: the first byte, at least; the least number for "not bounded".
 * @access_max: The first byte, at most; the greatest number for "not bounded".
 * @access_size: Bytes accessed, 0: it is no memory access.
 * @access_limit: Bytes that may be accessed from byte 0 up; ~0: that was not the matter.
 *	For the packet: those proved to be there.  For the stack 0: bytes -512 to -1 are there.
 * @nr_decisions: Entries of @path.
 * @is_path_cut: The path has more conditional jumps before those.
 * @path: The last conditional jumps, in the order in which they were walked.
 * @rule: The rule that was broken, as the log says it.
 *
 * Fields are only added at the end.
 */
struct lbpf_rejection {
	__u32	err;
	__u32	insn_idx;
	__u32	line;
	__u32	column;
	__u32	subprog;
	__u32	depth;
	__u32	is_speculative;
	__u32	processed_insns;
	__u32	regno;
	__s32	reg_off;
	struct lbpf_reg_fact reg;
	__s64	access_min;
	__s64	access_max;
	__u32	access_size;
	__u32	access_limit;
	__u32	nr_decisions;
	__u32	is_path_cut;
	struct lbpf_decision path[LBPF_MAX_DECISIONS];
	char	rule[LBPF_RULE_BYTES];
};

/**
 * struct lbpf_prog_explain - LBPF_PROG_EXPLAIN: what BPF_PROG_LOAD would say, as a record
 * @attr: User pointer to the union bpf_attr of BPF_PROG_LOAD.
 * @rejection: User pointer to struct lbpf_rejection, written.
 * @attr_size_bytes: Size of the attributes, as BPF_PROG_LOAD gets it.
 * @rejection_size_bytes: sizeof(struct lbpf_rejection) of the caller: a longer one ends in zeros.
 * @flags: Must be 0.
 * @reserved: Must be 0.
 *
 * Does all that BPF_PROG_LOAD does, its log included, and needs the same
 * capabilities, but no program is left: 0 and a record, whatever the verdict.
 * Other errors are those of the call itself: E2BIG, EFAULT, EINVAL, EPERM.
 */
struct lbpf_prog_explain {
	__u64	attr;
	__u64	rejection;
	__u32	attr_size_bytes;
	__u32	rejection_size_bytes;
	__u32	flags;
	__u32	reserved;
};

#endif /* _UAPI_LBPF_H */
