// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_PROG_TYPE_CGROUP_SOCKOPT.
 *
 * Layer: progtypes.  They load and are verified; cgroups do not take programs
 * of others.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sysctl.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#define WHOLE	LBPF_CTX_READ
#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)

#define ROW(user, field, kernel, member, reg_type, may)			\
	{								\
		.name = #field, .off = offsetof(user, field),		\
		.size = sizeof_field(user, field),			\
		.access = (may), .kind = LBPF_CTX_MEMBER, .type = (reg_type),	\
		.k_off = offsetof(kernel, member), .k_size = sizeof_field(kernel, member),	\
	}

/* 0 refuses, 1 allows. */
static bool yes_or_no(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = 0;
	*max = 1;
	return true;
}

#define DEVICE(field, may) \
	ROW(struct bpf_cgroup_dev_ctx, field, struct bpf_cgroup_dev_ctx, field, LBPF_SCALAR, may)

/*
 * The kernel's object is the user's struct itself.  The type and the access are halves of one
 * field.
 */
static const struct lbpf_ctx_field device_fields[] = {
	DEVICE(access_type, RO),
	DEVICE(major, WHOLE),
	DEVICE(minor, WHOLE),
};

static const struct lbpf_synthesis device_synthesis = {
	.area_bytes	= sizeof(struct bpf_cgroup_dev_ctx),
};

const struct lbpf_progtype lbpf_cgroup_device_type = {
	.type		= BPF_PROG_TYPE_CGROUP_DEVICE,
	.name		= "cgroup_device",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_cgroup_dev_ctx),
	.ctx_name	= "bpf_cgroup_dev_ctx",
	.fields		= device_fields,
	.nr_fields	= ARRAY_SIZE(device_fields),
	.helper		= lbpf_cgroup_device_helper,
	.return_range	= yes_or_no,
	.synthesis	= &device_synthesis,
};

static const struct lbpf_ctx_field sysctl_fields[] = {
	ROW(struct bpf_sysctl, write, struct bpf_sysctl_kern, write, LBPF_SCALAR, RO),
	{
		.name = "file_pos", .off = offsetof(struct bpf_sysctl, file_pos),
		.size = sizeof(__u32),
		.access = RO | LBPF_CTX_WRITE, .kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,
		.k_off = offsetof(struct bpf_sysctl_kern, ppos), .k_off2 = 0,
		.k_size = sizeof(__u32),
	},
};

/**
 * struct sysctl_area - A sysctl that does not exist
 * @kern: What the program is given.
 * @pos: Of the file.
 * @root: Directory of all sysctls.
 * @dir: The one below that this one is in.
 * @head: Its header.
 * @names: Entries with the names of @dir and the sysctl.
 * @written: The value that is written, which the program may replace.
 */
struct sysctl_area {
	struct bpf_sysctl_kern	kern;
	loff_t			pos;
	struct ctl_dir		root;
	struct ctl_dir		dir;
	struct ctl_table_header	head;
	struct ctl_table	names[2];
	char			written[PAGE_SIZE];
};

/* "synthetic/value".  The data are its value, and what is written where the context says so. */
static void link_sysctl(struct lbpf_synthetic *made)
{
	struct sysctl_area *area = made->area;

	area->names[0].procname = "synthetic";
	area->names[1].procname = "value";
	area->dir.header.parent = &area->root;
	area->dir.header.ctl_table = &area->names[0];
	area->head.parent = &area->dir;
	area->kern.head = &area->head;
	area->kern.table = &area->names[1];
	area->kern.ppos = &area->pos;
	area->kern.cur_val = made->data;
	area->kern.cur_len = made->data_bytes;
	area->kern.new_val = area->written;
	area->kern.new_len = min_t(u32, made->data_bytes, sizeof(area->written) - 1);
	memcpy(area->written, made->data, area->kern.new_len);
}

/* What the program writes instead, as far as the data have room. */
static void collect_sysctl(struct lbpf_synthetic *made)
{
	const struct sysctl_area *area = made->area;

	if (!area->kern.new_updated)
		return;
	made->data_bytes = min_t(u32, made->data_bytes, area->kern.new_len);
	memcpy(made->data, area->written, made->data_bytes);
}

static const struct lbpf_synthesis sysctl_synthesis = {
	.area_bytes	= sizeof(struct sysctl_area),
	.has_data	= true,
	.link		= link_sysctl,
	.collect	= collect_sysctl,
};

const struct lbpf_progtype lbpf_cgroup_sysctl_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SYSCTL,
	.name		= "cgroup_sysctl",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_sysctl),
	.ctx_name	= "bpf_sysctl",
	.fields		= sysctl_fields,
	.nr_fields	= ARRAY_SIZE(sysctl_fields),
	.helper		= lbpf_sysctl_helper,
	.return_range	= yes_or_no,
	.synthesis	= &sysctl_synthesis,
};

/* The value that the system call returns is kept with the task that makes it. */
static int emit_retval(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
		       const struct lbpf_ctx_field *field, bool is_write)
{
	u8 ctx = is_write ? insn->dst_reg : insn->src_reg;
	u8 tmp = is_write ? BPF_REG_AX : insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, tmp, ctx,
				       offsetof(struct bpf_sockopt_kern, current_task)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, tmp, tmp, offsetof(struct task_struct, bpf_ctx)));
	if (is_write)
		lbpf_insn_put(buf, BPF_STX_MEM(BPF_W, tmp, insn->src_reg,
					       offsetof(struct bpf_cg_run_ctx, retval)));
	else
		lbpf_insn_put(buf, BPF_LDX_MEM(BPF_W, tmp, tmp,
					       offsetof(struct bpf_cg_run_ctx, retval)));
	return 0;
}

#define OPT(field, reg_type, may) \
	ROW(struct bpf_sockopt, field, struct bpf_sockopt_kern, field, reg_type, may)

static const struct lbpf_ctx_field sockopt_fields[] = {
	OPT(sk, LBPF_PTR_SOCKET, WHOLE),
	OPT(optval, LBPF_PTR_PACKET, WHOLE),
	OPT(optval_end, LBPF_PTR_PACKET_END, WHOLE),
	OPT(level, LBPF_SCALAR, WHOLE | LBPF_CTX_WRITE),
	OPT(optname, LBPF_SCALAR, WHOLE | LBPF_CTX_WRITE),
	OPT(optlen, LBPF_SCALAR, WHOLE | LBPF_CTX_WRITE),
	{
		.name = "retval", .off = offsetof(struct bpf_sockopt, retval),
		.size = sizeof(__s32),
		.access = WHOLE | LBPF_CTX_WRITE, .kind = LBPF_CTX_EMIT, .type = LBPF_SCALAR,
		.emit = emit_retval,
	},
};

/*
 * What is asked for cannot be changed when the answer is there; what is answered is not there
 * before.
 */
static bool sockopt_field_ok(const struct lbpf_code *code, const struct lbpf_ctx_field *field,
			     bool is_write)
{
	bool is_set = code->expected_attach_type == BPF_CGROUP_SETSOCKOPT;

	switch (field->off) {
	case offsetof(struct bpf_sockopt, level):
	case offsetof(struct bpf_sockopt, optname):
		return is_set || !is_write;
	case offsetof(struct bpf_sockopt, retval):
		return !is_set;
	default:
		return true;
	}
}

static bool sockopt_attach_ok(u32 attach_type)
{
	return attach_type == BPF_CGROUP_GETSOCKOPT || attach_type == BPF_CGROUP_SETSOCKOPT;
}

static void link_sockopt(struct lbpf_synthetic *made)
{
	const struct bpf_sockopt *user = made->user;
	struct bpf_sockopt_kern *kern = made->area;

	kern->sk = made->sk;
	kern->optval = made->data;
	kern->optval_end = made->data + made->data_bytes;
	kern->optlen = made->data_bytes;
	kern->current_task = current;
	made->cgroup.retval = user->retval;
}

static void collect_sockopt(struct lbpf_synthetic *made)
{
	struct bpf_sockopt *user = made->user;

	user->retval = made->cgroup.retval;
}

static const struct lbpf_synthesis sockopt_synthesis = {
	.area_bytes	= sizeof(struct bpf_sockopt_kern),
	.has_data	= true,
	.link		= link_sockopt,
	.collect	= collect_sockopt,
};

const struct lbpf_progtype lbpf_cgroup_sockopt_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SOCKOPT,
	.name		= "cgroup_sockopt",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE,
	.ctx_size	= sizeof(struct bpf_sockopt),
	.ctx_name	= "bpf_sockopt",
	.fields		= sockopt_fields,
	.nr_fields	= ARRAY_SIZE(sockopt_fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sockopt_helper,
	.expected_attach_ok = sockopt_attach_ok,
	.field_ok	= sockopt_field_ok,
	.return_range	= yes_or_no,
	.synthesis	= &sockopt_synthesis,
};
