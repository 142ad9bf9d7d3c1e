// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: which type of a global function's argument is the context, in each type of
 * program.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "diff.h"
#include "insns.h"

static const struct {
	uint32_t type;
	uint32_t attach_type;
} progs[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ BPF_PROG_TYPE_KPROBE, 0 },
	{ BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ BPF_PROG_TYPE_SCHED_ACT, 0 },
	{ BPF_PROG_TYPE_TRACEPOINT, 0 },
	{ BPF_PROG_TYPE_XDP, 0 },
	{ BPF_PROG_TYPE_PERF_EVENT, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, 0 },
	{ BPF_PROG_TYPE_CGROUP_SOCK, 0 },
	{ BPF_PROG_TYPE_LWT_IN, 0 },
	{ BPF_PROG_TYPE_LWT_OUT, 0 },
	{ BPF_PROG_TYPE_LWT_XMIT, 0 },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL, 0 },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_SK_SKB, 0 },
	{ BPF_PROG_TYPE_SK_MSG, 0 },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0 },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ BPF_PROG_TYPE_SK_REUSEPORT, 0 },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, 0 },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
};

static const char *const structs[] = {
	"__sk_buff", "xdp_md", "bpf_sock", "bpf_sock_addr", "bpf_sock_ops", "sk_msg_md",
	"bpf_user_pt_regs_t", "pt_regs", "bpf_perf_event_data", "bpf_raw_tracepoint_args",
	"bpf_cgroup_dev_ctx", "bpf_sysctl", "bpf_sockopt", "sk_reuseport_md", "bpf_sk_lookup",
	"bpf_flow_keys", "unknown",
};

/* int main(struct NAME *), and a global int sub(struct NAME *); ids in @main_id, @sub_id. */
static int load_types(const char *name, uint32_t *main_id, uint32_t *sub_id)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int ctx = btf__add_struct(btf, name, 4), ptr = btf__add_ptr(btf, ctx), proto, fd;
	union bpf_attr attr = {};
	uint32_t bytes;

	btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "ctx", ptr);
	proto = btf__type_cnt(btf) - 1;
	*main_id = btf__add_func(btf, "main", BTF_FUNC_GLOBAL, proto);
	*sub_id = btf__add_func(btf, "sub", BTF_FUNC_GLOBAL, proto);
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = bpf_call(BPF_BTF_LOAD, &attr, 28);
	if (fd < 0)
		give_up("types");
	btf__free(btf);
	return fd;
}

static void contexts(void)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2),
		MOV_IMM(0, 0), EXIT(),
		MOV_IMM(0, 0), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));
	struct bpf_func_info funcs[] = { { 0, 0 }, { 3, 0 } };
	unsigned int p, s;
	int fd;

	attr.func_info = PTR(funcs);
	attr.func_info_cnt = ARRAY_SIZE_OF(funcs);
	attr.func_info_rec_size = sizeof(funcs[0]);
	for (s = 0; s < ARRAY_SIZE_OF(structs); s++) {
		attr.prog_btf_fd = load_types(structs[s], &funcs[0].type_id, &funcs[1].type_id);
		for (p = 0; p < ARRAY_SIZE_OF(progs); p++) {
			attr.prog_type = progs[p].type;
			attr.expected_attach_type = progs[p].attach_type;
			fd = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
			trace(fd < 0 ? error_name(errno) : "ok", "type %u, struct %s",
			      progs[p].type, structs[s]);
			close(fd);
		}
		close(attr.prog_btf_fd);
	}
}

const struct scenario ctx_type_scenarios[] = {
	{ "func contexts", contexts },
	{}
};
