// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN with LBPF_F_TEST_SYNTHETIC.
 *
 * Layer: core.  The rows that the verifier and the rewriter read say where
 * each field of the caller's context belongs in the kernel's.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include <lbpf.h>
#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/synthetic.h>

#define MAX_DATA_BYTES	65536

/* One run of a program type: what its rows are read with. */
struct filling {
	const struct lbpf_progtype	*pt;
	const struct lbpf_code		*code;
	struct lbpf_synthetic		*made;
};

/* Where element @i of the field is kept, or NULL. */
static void *place_of(const struct lbpf_synthetic *made, const struct lbpf_ctx_field *field, u32 i)
{
	void *base = made->ctx + field->k_off;

	if (field->kind == LBPF_CTX_DEREF) {
		base = *(void **)base;
		if (!base)
			return NULL;
		base += field->k_off2;
	}
	return base + i * field->k_size;
}

/* What belongs to the kernel is changed only as a program could. */
static bool may_fill(const struct filling *filling, const struct lbpf_ctx_field *field,
		     const void *place)
{
	const struct lbpf_synthetic *made = filling->made;
	u32 area_bytes = filling->pt->synthesis->area_bytes;

	if (place >= made->area && place + field->k_size <= made->area + area_bytes)
		return true;
	return field->access & LBPF_CTX_WRITE;
}

static bool is_copied(const struct filling *filling, const struct lbpf_ctx_field *field)
{
	if (field->kind != LBPF_CTX_MEMBER && field->kind != LBPF_CTX_DEREF)
		return false;
	if (field->type != LBPF_SCALAR)
		return false;
	return !filling->pt->field_ok || filling->pt->field_ok(filling->code, field, false);
}

/* x86-64: the low bytes of a number come first. */
static void fill_field(const struct filling *filling, const struct lbpf_ctx_field *field)
{
	u32 i, bytes = min_t(u32, field->size, field->k_size);
	struct lbpf_synthetic *made = filling->made;
	void *place;

	if (field->access & LBPF_CTX_MEMORY) {
		memcpy(made->ctx + field->k_off, made->user + field->off, field->size);
		return;
	}
	for (i = 0; i < max_t(u32, field->count, 1); i++) {
		place = place_of(made, field, i);
		if (place && may_fill(filling, field, place))
			memcpy(place, made->user + field->off + i * field->size, bytes);
	}
}

static void read_field(const struct filling *filling, const struct lbpf_ctx_field *field)
{
	u32 i, bytes = min_t(u32, field->size, field->k_size);
	struct lbpf_synthetic *made = filling->made;
	void *place, *to;

	if (field->access & LBPF_CTX_MEMORY)
		return;
	for (i = 0; i < max_t(u32, field->count, 1); i++) {
		place = place_of(made, field, i);
		to = made->user + field->off + i * field->size;
		memset(to, 0, field->size);
		if (place)
			memcpy(to, place, bytes);
	}
}

typedef void (*copy_fn)(const struct filling *filling, const struct lbpf_ctx_field *field);

static void copy_fields(const struct filling *filling, copy_fn copy)
{
	u32 i;

	for (i = 0; i < filling->pt->nr_fields; i++)
		if (is_copied(filling, &filling->pt->fields[i]))
			copy(filling, &filling->pt->fields[i]);
}

static int run_made(const struct lbpf_prog *prog, struct lbpf_run *run, struct filling *filling)
{
	const struct lbpf_synthesis *synthesis = prog->pt->synthesis;
	struct lbpf_synthetic *made = filling->made;
	struct bpf_run_ctx *old;
	int err;

	made->ctx = made->area;
	if (synthesis->link)
		synthesis->link(made);
	if (run->attr->test.ctx_size_in)
		copy_fields(filling, fill_field);
	old = bpf_set_run_ctx(&made->cgroup.run_ctx);
	err = lbpf_run_repeat(run, prog, made->ctx);
	bpf_reset_run_ctx(old);
	if (err)
		return err;
	copy_fields(filling, read_field);
	if (synthesis->collect)
		synthesis->collect(made);
	err = lbpf_run_data_out(run, made->data, made->data_bytes);
	return err ?: lbpf_run_ctx_out(run, made->user, prog->pt->ctx_size);
}

/* The rows ask the program's code for its attach type. */
static int run_with_code(const struct lbpf_prog *prog, struct lbpf_run *run,
			 struct lbpf_synthetic *made)
{
	struct filling filling = { .pt = prog->pt, .made = made };
	struct lbpf_code *code = lbpf_area_alloc(sizeof(*code), NUMA_NO_NODE);
	int err;

	if (!code)
		return -ENOMEM;
	code->pt = prog->pt;
	code->expected_attach_type = prog->expected_attach_type;
	filling.code = code;
	err = run_made(prog, run, &filling);
	lbpf_area_free(code);
	return err;
}

static int run_with_area(const struct lbpf_prog *prog, struct lbpf_run *run,
			 struct lbpf_synthetic *made)
{
	int err = -ENOMEM;

	made->user = lbpf_run_ctx_in(run, prog->pt->ctx_size);
	if (IS_ERR(made->user))
		return PTR_ERR(made->user);
	if (!made->user)
		made->user = lbpf_zalloc(prog->pt->ctx_size, GFP_KERNEL);
	made->area = lbpf_zalloc(prog->pt->synthesis->area_bytes, GFP_KERNEL);
	if (made->user && made->area)
		err = run_with_code(prog, run, made);
	lbpf_free(made->area);
	lbpf_free(made->user);
	return err;
}

/* The packet has its bytes in one piece, which is where the program's data are. */
static int run_with_packet(const struct lbpf_prog *prog, struct lbpf_run *run,
			   struct lbpf_synthetic *made)
{
	const union bpf_attr *attr = run->attr;
	int err;

	made->data_bytes = attr->test.data_size_in;
	if (lbpf_alloc_fails())
		return -ENOMEM;
	made->skb = alloc_skb(NET_SKB_PAD + max(made->data_bytes, 1U), GFP_KERNEL_ACCOUNT);
	if (!made->skb)
		return -ENOMEM;
	skb_reserve(made->skb, NET_SKB_PAD);
	made->data = __skb_put(made->skb, made->data_bytes);
	skb_reset_mac_header(made->skb);
	skb_reset_network_header(made->skb);
	skb_reset_transport_header(made->skb);
	made->skb->sk = made->sk;
	err = -EFAULT;
	if (!copy_from_user(made->data, u64_to_user_ptr(attr->test.data_in), made->data_bytes))
		err = run_with_area(prog, run, made);
	made->skb->sk = NULL;
	kfree_skb(made->skb);
	return err;
}

static int check_attr(const union bpf_attr *attr, const struct lbpf_synthesis *synthesis)
{
	if (attr->test.flags != LBPF_F_TEST_SYNTHETIC || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.data_size_in > MAX_DATA_BYTES)
		return -EINVAL;
	if (!synthesis->has_data && (attr->test.data_in || attr->test.data_size_in ||
				     attr->test.data_out || attr->test.data_size_out))
		return -EINVAL;
	return 0;
}

/**
 * lbpf_synthetic_run() - Run a program on a context that is made for it
 * @prog: Program of a type with lbpf_progtype::synthesis.
 * @run: Test run, with LBPF_F_TEST_SYNTHETIC.
 *
 * Scalar fields are taken from ctx_in and given to ctx_out, data from data_in and to data_out.
 * Sockets are real ones, of TCP, that nobody else knows.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EFAULT, -ENOMEM, -E2BIG, -ENOSPC, -EINTR, or what keeps a socket from being
 * made.
 */
int lbpf_synthetic_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	struct lbpf_synthetic made = {};
	struct socket *socket;
	int err;

	err = check_attr(run->attr, prog->pt->synthesis);
	if (err)
		return err;
	if (run->attr->test.data_size_in < prog->tp_buffer_bytes)
		return -EINVAL;
	if (lbpf_alloc_fails())
		return -ENOMEM;
	err = sock_create_kern(current->nsproxy->net_ns, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &socket);
	if (err)
		return err;
	made.sk = socket->sk;
	err = run_with_packet(prog, run, &made);
	sock_release(socket);
	return err;
}
