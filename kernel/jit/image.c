// SPDX-License-Identifier: GPL-2.0
/*
 * Images: compiled programs in the text arena.
 *
 * Layer: jit.
 */
#define pr_fmt(fmt) "lbpf: " fmt

#include <linux/err.h>
#include <linux/linkage.h>
#include <linux/numa.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/cpufeature.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/jit.h>
#include <lbpf/jump_site.h>

#include "arena.h"
#include "emit.h"
#include "names.h"

/* Longest sample of how the running kernel returns or jumps, bytes. */
#define SAMPLE_BYTES	16

/* In thunks.S. */
asmlinkage void lbpf_sample_return(void);
asmlinkage void lbpf_sample_jump(void);
asmlinkage void lbpf_probe_u8(void);
asmlinkage void lbpf_probe_u16(void);
asmlinkage void lbpf_probe_u32(void);
asmlinkage void lbpf_probe_u64(void);
asmlinkage void lbpf_probe_s8(void);
asmlinkage void lbpf_probe_s16(void);
asmlinkage void lbpf_probe_s32(void);

/* Written once at init. */
static struct lbpf_jit_target target;

/* Compared with the start of a sample. */
static const u8 endbr_bytes[] = { 0xf3, 0x0f, 0x1e, 0xfa };
static const u8 lfence_bytes[] = { 0x0f, 0xae, 0xe8 };

/* Where the jump at the start of a sample leads; NULL: it is no direct jump. */
static const void *jump_target_of(const u8 *code)
{
	s32 disp;

	if (*code == 0x2e)
		code++;
	if (*code != 0xe9)
		return NULL;
	memcpy(&disp, code + 1, sizeof(disp));
	return code + LBPF_X86_JMP_NEAR_BYTES + disp;
}

static const u8 *skip_endbr(const u8 *code)
{
	return memcmp(code, endbr_bytes, sizeof(endbr_bytes)) ? code : code + sizeof(endbr_bytes);
}

/* The kernel has patched the samples like all code: do as it did. */
static void read_samples(void)
{
	const u8 *ret = skip_endbr((const u8 *)lbpf_sample_return);
	const u8 *jump = skip_endbr((const u8 *)lbpf_sample_jump);

	target.return_thunk = jump_target_of(ret);
	target.jump_thunk = jump_target_of(jump);
	target.has_jump_fence = !memcmp(jump, lfence_bytes, sizeof(lfence_bytes));
}

/**
 * lbpf_jit_this_target() - What the CPU has and the running kernel wants
 *
 * Context: Any, after lbpf_jit_init().
 * Return: Constant.
 */
const struct lbpf_jit_target *lbpf_jit_this_target(void)
{
	return &target;
}

/**
 * lbpf_jit_init() - Prepare the arena and learn what the CPU and kernel want
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM.
 */
int lbpf_jit_init(void)
{
	int err;

	read_samples();
	target.has_bmi2 = boot_cpu_has(X86_FEATURE_BMI2);
	target.has_endbr = cpu_feature_enabled(X86_FEATURE_IBT);
	target.this_cpu_off = (s32)(unsigned long)&this_cpu_off;
	target.cpu_number = lbpf_cpu_number_off();
	target.call_depth_off = lbpf_call_depth_off();
	target.probe[0][0] = lbpf_probe_u8;
	target.probe[0][1] = lbpf_probe_u16;
	target.probe[0][2] = lbpf_probe_u32;
	target.probe[0][3] = lbpf_probe_u64;
	target.probe[1][0] = lbpf_probe_s8;
	target.probe[1][1] = lbpf_probe_s16;
	target.probe[1][2] = lbpf_probe_s32;
	target.probe[1][3] = lbpf_probe_u64;
	target.make_site = lbpf_jit_make_site;
	err = lbpf_names_init();
	if (err)
		return err;
	err = lbpf_arena_init();
	if (err)
		lbpf_names_exit();
	return err;
}

/**
 * lbpf_jit_exit() - Undo lbpf_jit_init()
 *
 * All images have been freed.
 *
 * Context: Process context.
 */
void lbpf_jit_exit(void)
{
	lbpf_names_exit();
	WARN_ON_ONCE(lbpf_text_used_bytes());
}

static void fill_funcs(struct lbpf_image *image, const struct lbpf_jit *jit)
{
	u32 i;

	for (i = 0; i < image->nr_funcs; i++) {
		const struct lbpf_jit_func *func = &jit->funcs[i];

		image->funcs[i].addr = (u8 *)image->text + func->start_off;
		image->funcs[i].size_bytes =
			func->epilogue_off + func->epilogue_len - func->start_off;
	}
}

/* The image takes the offsets over.  A prologue belongs to the first instruction behind it. */
static void take_insn_off(struct lbpf_image *image, struct lbpf_jit *jit)
{
	u32 i;

	image->insn_off = jit->off;
	jit->off = NULL;
	for (i = 0; i < image->nr_funcs; i++)
		image->insn_off[jit->code->subprogs[i].start] = jit->funcs[i].start_off;
}

/* The image takes the sites over. */
static void take_sites(struct lbpf_image *image, struct lbpf_jit *jit)
{
	u32 i;

	for (i = 0; i < jit->nr_links; i++)
		if (jit->links[i].site)
			jit->links[i].site->text = image->text + jit->links[i].end - sizeof(s32);
	image->sites = jit->sites;
	jit->sites = NULL;
	lbpf_jit_add_sites(image->sites);
}

static struct lbpf_image *alloc_image(const struct lbpf_code *code)
{
	struct lbpf_image *image = lbpf_zalloc(sizeof(*image), GFP_KERNEL);

	if (!image)
		return NULL;
	image->nr_funcs = code->nr_subprogs;
	image->funcs = lbpf_area_alloc_array(code->nr_subprogs, sizeof(*image->funcs),
					     NUMA_NO_NODE);
	if (image->funcs)
		return image;
	lbpf_image_free(image);
	return NULL;
}

static int fill_image(struct lbpf_image *image, struct lbpf_jit *jit)
{
	void *text;
	int err;

	text = lbpf_arena_alloc(jit->size_bytes);
	if (IS_ERR(text))
		return PTR_ERR(text);
	image->text = text;
	image->size_bytes = jit->size_bytes;
	err = lbpf_jit_link(jit, (unsigned long)text);
	if (err)
		return err;
	lbpf_jit_dump(jit, jit->buf.bytes, (unsigned long)text);
	err = lbpf_arena_write(text, jit->buf.bytes, jit->size_bytes);
	if (err)
		return err;
	fill_funcs(image, jit);
	take_insn_off(image, jit);
	take_sites(image, jit);
	image->entry = (lbpf_func_t)text;
	image->tail_entry = text + jit->funcs[0].body_off;
	return 0;
}

static int compile_image(struct lbpf_image *image, struct lbpf_code *code)
{
	struct lbpf_jit jit;
	int err;

	err = lbpf_jit_open(&jit, code, &target);
	if (!err)
		err = lbpf_jit_compile(&jit);
	if (!err)
		err = fill_image(image, &jit);
	if (err == -EINVAL)
		pr_warn_ratelimited("instruction %u of a program of %u cannot be compiled\n",
				    jit.index, code->nr_insns);
	lbpf_jit_free_sites(jit.sites);
	lbpf_jit_close(&jit);
	return err;
}

/**
 * lbpf_jit() - Compile a rewritten program
 * @code: Output of lbpf_rewrite().
 *
 * Context: Process context, may sleep.
 * Return: Image, or ERR_PTR(-ENOMEM), ERR_PTR(-ENOSPC) when the text arena is
 * full (with a log line), ERR_PTR(-EINVAL) for what cannot be encoded (a bug:
 * with a log line).
 */
struct lbpf_image *lbpf_jit(struct lbpf_code *code)
{
	struct lbpf_image *image = alloc_image(code);
	int err;

	if (!image)
		return ERR_PTR(-ENOMEM);
	err = compile_image(image, code);
	if (!err)
		return image;
	lbpf_image_free(image);
	return ERR_PTR(err);
}

/**
 * lbpf_image_free() - Free an image
 * @image: Image.  Nobody can be running it any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_image_free(struct lbpf_image *image)
{
	lbpf_image_unname(image);
	lbpf_jit_free_sites(image->sites);
	if (image->text)
		lbpf_arena_free(image->text, image->size_bytes);
	lbpf_area_free(image->insn_off);
	lbpf_area_free(image->funcs);
	lbpf_free(image);
}
