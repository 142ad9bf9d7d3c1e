// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN: the same answers on both sides.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include "prog_test.h"

#define PACKET_BYTES	4096

static int prog[2];
static unsigned char packet[PACKET_BYTES];

/* Attributes of a plain run of 64 bytes, and the buffers that they point to. */
struct job {
	union bpf_attr attr;
	unsigned char out[PACKET_BYTES];
	unsigned char ctx_in[512];
	unsigned char ctx_out[512];
};

static void init_job(struct job *job, enum test_side side)
{
	memset(job, 0xee, sizeof(*job));
	memset(&job->attr, 0, sizeof(job->attr));
	memset(job->ctx_in, 0, sizeof(job->ctx_in));
	job->attr.test.prog_fd = prog[side];
	job->attr.test.data_in = PTR(packet);
	job->attr.test.data_size_in = 64;
}

/* Runs what @make makes of the job on both sides: is everything equal that came back? */
static bool compare_jobs(void (*make)(struct job *job, int arg), int arg, int *result)
{
	static struct job job[2];
	int err[2];

	for (int side = 0; side < 2; side++) {
		init_job(&job[side], side);
		make(&job[side], arg);
		err[side] = side_bpf(side, BPF_PROG_TEST_RUN, &job[side].attr);
	}
	*result = err[SIDE_KERNEL];
	if (err[0] == err[1] &&
	    job[0].attr.test.retval == job[1].attr.test.retval &&
	    job[0].attr.test.data_size_out == job[1].attr.test.data_size_out &&
	    job[0].attr.test.ctx_size_out == job[1].attr.test.ctx_size_out &&
	    !memcmp(job[0].out, job[1].out, sizeof(job[0].out)) &&
	    !memcmp(job[0].ctx_out, job[1].ctx_out, sizeof(job[0].ctx_out)))
		return true;
	ksft_print_msg("argument %d: bpf(2) %d, r0 %u, data %u, context %u; lbpf %d, r0 %u, data %u, context %u\n",
		       arg, err[1], job[1].attr.test.retval, job[1].attr.test.data_size_out,
		       job[1].attr.test.ctx_size_out, err[0], job[0].attr.test.retval,
		       job[0].attr.test.data_size_out, job[0].attr.test.ctx_size_out);
	return false;
}

static void want_data(struct job *job, int room)
{
	job->attr.test.data_out = PTR(job->out);
	job->attr.test.data_size_out = room;
}

static void make_size(struct job *job, int size)
{
	job->attr.test.data_size_in = size;
	want_data(job, sizeof(job->out));
}

static void make_room(struct job *job, int room)
{
	want_data(job, room);
}

static void make_ctx_byte(struct job *job, int byte)
{
	job->ctx_in[byte] = 1;
	job->attr.test.ctx_in = PTR(job->ctx_in);
	job->attr.test.ctx_size_in = sizeof(struct __sk_buff);
	job->attr.test.ctx_out = PTR(job->ctx_out);
	job->attr.test.ctx_size_out = sizeof(struct __sk_buff);
}

static void make_ctx_size(struct job *job, int size)
{
	job->attr.test.ctx_in = PTR(job->ctx_in);
	job->attr.test.ctx_size_in = size;
	job->attr.test.ctx_out = PTR(job->ctx_out);
	job->attr.test.ctx_size_out = size;
}

static void make_ctx_tail(struct job *job, int byte)
{
	job->ctx_in[byte] = 1;
	job->attr.test.ctx_in = PTR(job->ctx_in);
	job->attr.test.ctx_size_in = sizeof(job->ctx_in);
}

static void make_wire_len(struct job *job, int len)
{
	make_ctx_byte(job, offsetof(struct __sk_buff, mark));
	((struct __sk_buff *)job->ctx_in)->wire_len = len;
}

static void make_gso_segs(struct job *job, int segs)
{
	make_ctx_byte(job, offsetof(struct __sk_buff, mark));
	((struct __sk_buff *)job->ctx_in)->gso_segs = segs;
}

static void make_ifindex(struct job *job, int ifindex)
{
	make_ctx_byte(job, offsetof(struct __sk_buff, mark));
	((struct __sk_buff *)job->ctx_in)->ifindex = ifindex;
}

/* Everything else that can be wrong, or unusual. */
static void make_other(struct job *job, int which)
{
	union bpf_attr *attr = &job->attr;

	switch (which) {
	case 0: attr->test.flags = 1; break;
	case 1: attr->test.cpu = 1; break;
	case 2: attr->test.batch_size = 1; break;
	case 3: ((char *)attr)[offsetof(union bpf_attr, test.batch_size) + 4] = 1; break;
	case 4: attr->test.prog_fd = -1; break;
	case 5: attr->test.prog_fd = 0; break;
	case 6: attr->test.data_in = 8; break;
	case 7: attr->test.data_in = 0; break;
	case 8: attr->test.data_out = 8; attr->test.data_size_out = 64; break;
	case 9: attr->test.data_size_out = 10; break;
	case 10: attr->test.data_size_out = 100; break;
	case 11: attr->test.ctx_in = PTR(job->ctx_in); break;
	case 12: attr->test.ctx_size_in = 8; break;
	case 13: attr->test.ctx_out = PTR(job->ctx_out); break;
	case 14: attr->test.ctx_size_out = 8; break;
	case 15: attr->test.ctx_in = 8; attr->test.ctx_size_in = 8; break;
	case 16: attr->test.ctx_out = 8; attr->test.ctx_size_out = 192; break;
	case 17:
		attr->test.ctx_in = 8;
		attr->test.ctx_size_in = 8;
		attr->test.data_size_in = 4;
		break;
	case 18: attr->test.ctx_in = 8; attr->test.ctx_size_in = 5000; break;
	case 19: attr->test.repeat = 1000; break;
	case 20: attr->test.ctx_out = PTR(job->ctx_out); attr->test.ctx_size_out = 192; break;
	case 21: attr->test.ctx_in = 8; attr->test.prog_fd = -1; break;
	case 22: attr->test.flags = 1; attr->test.prog_fd = -1; break;
	case 23: want_data(job, 10); make_ctx_size(job, 192); break;
	}
}

#define NR_OTHERS	24

static void test_range(const char *name, void (*make)(struct job *, int), int from, int to)
{
	int nr_wrong = 0, nr_ok = 0, result;

	for (int arg = from; arg < to; arg++) {
		nr_wrong += !compare_jobs(make, arg, &result);
		nr_ok += !result;
	}
	ksft_test_result(!nr_wrong && nr_ok, "%s\n", name);
}

static void test_values(const char *name, void (*make)(struct job *, int))
{
	static const int values[] = { 0, 1, 2, 49, 50, 51, 1000, 65535, 65536, 65537, 0x7fffffff,
				      -1 };
	int nr_wrong = 0, result;

	for (unsigned int i = 0; i < NR(values); i++)
		nr_wrong += !compare_jobs(make, values[i], &result);
	ksft_test_result(!nr_wrong, "%s\n", name);
}

static void test_others(void)
{
	for (int i = 0; i < NR_OTHERS; i++) {
		int result;
		bool same = compare_jobs(make_other, i, &result);

		ksft_test_result(same, "special case %d: %s\n", i,
				 result ? strerror(-result) : "runs");
	}
}

static void ignore_signal(int sig)
{
}

/* A signal ends a run that would take for hours. */
static void test_signal(enum test_side side)
{
	struct itimerval soon = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 };
	struct itimerval never = {};
	struct sigaction action = { .sa_handler = ignore_signal };
	struct job job;
	int err;

	sigaction(SIGALRM, &action, NULL);
	init_job(&job, side);
	job.attr.test.repeat = ~0u;
	setitimer(ITIMER_REAL, &soon, NULL);
	err = side_bpf(side, BPF_PROG_TEST_RUN, &job.attr);
	setitimer(ITIMER_REAL, &never, NULL);
	ksft_test_result(err == -EINTR, "a signal ends a long run: %s\n", side_name[side]);
}

static void *load_and_run(void *unused)
{
	struct bpf_insn insns[] = { LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0), EXIT() };
	long nr_wrong = 0;

	for (int i = 0; i < 300; i++) {
		struct job job;
		int fd = load_insns(SIDE_LBPF, insns, NR(insns));

		init_job(&job, SIDE_LBPF);
		job.attr.test.prog_fd = fd;
		job.attr.test.repeat = i;
		nr_wrong += side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &job.attr) ||
			    job.attr.test.retval != 50;
		close(fd);
	}
	return (void *)nr_wrong;
}

/* Programs come and go on all CPUs; each runs its own code. */
static void test_parallel(void)
{
	pthread_t threads[4];
	long nr_wrong = 0;
	void *result;

	for (unsigned int i = 0; i < NR(threads); i++)
		pthread_create(&threads[i], NULL, load_and_run, NULL);
	for (unsigned int i = 0; i < NR(threads); i++) {
		pthread_join(threads[i], &result);
		nr_wrong += (long)result;
	}
	ksft_test_result(!nr_wrong, "four threads load, run and close\n");
}

int main(void)
{
	struct bpf_insn insns[] = {
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, offsetof(struct __sk_buff, len)), EXIT(),
	};

	ksft_print_header();
	ksft_set_plan(9 + NR_OTHERS + 2 + 1);
	for (int i = 0; i < PACKET_BYTES; i++)
		packet[i] = i * 7;
	for (int side = 0; side < 2; side++)
		prog[side] = load_insns(side, insns, NR(insns));
	test_range("small packets", make_size, 0, 80);
	test_range("large packets", make_size, 3690, 3730);
	test_range("room for the data", make_room, 0, 80);
	test_range("each byte of the context", make_ctx_byte, 0, sizeof(struct __sk_buff));
	test_range("sizes of the context", make_ctx_size, 0, 260);
	test_range("bytes behind the context", make_ctx_tail, 0, 300);
	test_values("wire_len", make_wire_len);
	test_values("gso_segs", make_gso_segs);
	test_values("ifindex", make_ifindex);
	test_others();
	test_signal(SIDE_KERNEL);
	test_signal(SIDE_LBPF);
	test_parallel();
	ksft_finished();
}
