// SPDX-License-Identifier: GPL-2.0
/*
 * Loads that may fault, for tests.
 *
 * Layer: api.  /sys/kernel/debug/lbpf/probe_read: whoever writes "BYTES SIGNED
 * ADDRESS" makes a program that loads so from there, and runs it; reading gives
 * the result.  The program is compiled like any other; only the verifier, which
 * decides which loads may fault, is left out.
 */
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/api.h>
#include <lbpf/code.h>
#include <lbpf/insn.h>
#include <lbpf/jit.h>

#include "api.h"

#define NR_INSNS	2
#define TEXT_BYTES	64

/**
 * struct probe - A program of one load
 * @code: Program.
 * @insns: Its instructions.
 * @aux: ... and what travels with them.
 */
struct probe {
	struct lbpf_code	code;
	struct bpf_insn		insns[NR_INSNS];
	struct lbpf_insn_aux	aux[NR_INSNS];
};

/* What all of the machine code's result register holds. */
typedef u64 (*probe_fn)(u64 addr);

static void fill_probe(struct probe *probe, int size, bool is_signed)
{
	struct lbpf_code *code = &probe->code;

	probe->insns[0] = (struct bpf_insn){
		.code = BPF_LDX | size | (is_signed ? BPF_MEMSX : BPF_MEM),
		.dst_reg = BPF_REG_0, .src_reg = BPF_REG_1,
	};
	probe->insns[1].code = BPF_JMP | BPF_EXIT;
	probe->aux[0].flags = LBPF_INSN_MADE | LBPF_INSN_PROBE_MEM;
	probe->aux[0].live_out = BIT(BPF_REG_0);
	probe->aux[1].flags = LBPF_INSN_MADE;
	code->insns = probe->insns;
	code->aux = probe->aux;
	code->nr_insns = NR_INSNS;
	code->nr_subprogs = 1;
	code->subprogs[1].start = NR_INSNS;
}

static int run_probe(struct probe *probe, u64 addr, u64 *result)
{
	struct lbpf_image *image = lbpf_jit(&probe->code);

	if (IS_ERR(image))
		return PTR_ERR(image);
	preempt_disable();
	*result = ((probe_fn)(unsigned long)image->entry)(addr);
	preempt_enable();
	lbpf_image_free(image);
	return 0;
}

static int read_probe(u32 bytes, bool is_signed, u64 addr, u64 *result)
{
	int size = lbpf_insn_size_code(bytes);
	struct probe *probe;
	int err;

	if (size < 0)
		return size;
	probe = lbpf_area_alloc(sizeof(*probe), NUMA_NO_NODE);
	if (!probe)
		return -ENOMEM;
	fill_probe(probe, size, is_signed);
	err = run_probe(probe, addr, result);
	lbpf_area_free(probe);
	return err;
}

/* The result stays with the open file. */
static ssize_t write_request(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char text[TEXT_BYTES] = "";
	u32 bytes, is_signed;
	u64 addr, result;
	int err;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	if (sscanf(text, "%u %u %llx", &bytes, &is_signed, &addr) != 3)
		return -EINVAL;
	err = read_probe(bytes, is_signed, addr, &result);
	if (err)
		return err;
	*(u64 *)file->private_data = result;
	return len;
}

static ssize_t read_result(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	char text[TEXT_BYTES];
	int bytes = scnprintf(text, sizeof(text), "%llx\n", *(u64 *)file->private_data);

	return simple_read_from_buffer(buf, len, pos, text, bytes);
}

static int open_probe(struct inode *inode, struct file *file)
{
	file->private_data = lbpf_zalloc(sizeof(u64), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int release_probe(struct inode *inode, struct file *file)
{
	lbpf_free(file->private_data);
	return 0;
}

static const struct file_operations probe_fops = {
	.owner		= THIS_MODULE,
	.open		= open_probe,
	.write		= write_request,
	.read		= read_result,
	.release	= release_probe,
};

static struct dentry *probe_file;

/**
 * lbpf_probe_debug_init() - Show the file
 *
 * Context: Module init.
 * Return: 0: without debugfs lbpf works just as well.
 */
int lbpf_probe_debug_init(void)
{
	struct dentry *dir = debugfs_lookup("lbpf", NULL);

	if (IS_ERR_OR_NULL(dir))
		return 0;
	probe_file = debugfs_create_file("probe_read", 0600, dir, NULL, &probe_fops);
	dput(dir);
	return 0;
}

/**
 * lbpf_probe_debug_exit() - Take the file away
 *
 * Context: Module exit.
 */
void lbpf_probe_debug_exit(void)
{
	debugfs_remove(probe_file);
}
