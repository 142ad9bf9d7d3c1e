// SPDX-License-Identifier: GPL-2.0
/*
 * The tag of a program: a short hash of what was loaded.
 *
 * Layer: core.
 */
#include <crypto/sha1.h>
#include <linux/bpf.h>
#include <linux/string.h>

#include <lbpf/prog.h>

/**
 * struct sha1_stream - SHA-1 of data that comes in pieces of one instruction
 * @state: Of all full blocks so far.
 * @work: Scratch of the transformation.
 * @block: Block being filled.
 * @nr_bytes: All bytes so far.
 */
struct sha1_stream {
	u32	state[SHA1_DIGEST_SIZE / 4];
	u32	work[SHA1_WORKSPACE_WORDS];
	u8	block[SHA1_BLOCK_SIZE];
	u64	nr_bytes;
};

/* @size divides the block size. */
static void add_piece(struct sha1_stream *sha, const void *piece, size_t size)
{
	memcpy(sha->block + sha->nr_bytes % SHA1_BLOCK_SIZE, piece, size);
	sha->nr_bytes += size;
	if (sha->nr_bytes % SHA1_BLOCK_SIZE == 0)
		sha1_transform(sha->state, (char *)sha->block, sha->work);
}

/* Source: FIPS 180-4, section 5.1.1: a one bit, zeros, and the length in bits. */
static void add_padding(struct sha1_stream *sha)
{
	__be64 nr_bits = cpu_to_be64(sha->nr_bytes * 8);
	static const u8 one[8] = { 0x80 };
	static const u8 zeros[8];

	add_piece(sha, one, sizeof(one));
	while (sha->nr_bytes % SHA1_BLOCK_SIZE != SHA1_BLOCK_SIZE - sizeof(nr_bits))
		add_piece(sha, zeros, sizeof(zeros));
	add_piece(sha, &nr_bits, sizeof(nr_bits));
}

static bool is_map_load(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/**
 * lbpf_prog_calc_tag() - Compute the tag of a program
 * @insns: Instructions as loaded.
 * @nr_insns: Number of them.
 * @tag: Result, BPF_TAG_SIZE bytes.
 *
 * Two loads of one program have the same tag although their descriptors differ:
 * both halves of the constant of a map load count as zero.
 *
 * Source: prog_tag in fdinfo, checked against bpf(2) by selftests/prog.
 * Context: Any.
 */
void lbpf_prog_calc_tag(const struct bpf_insn *insns, u32 nr_insns, u8 *tag)
{
	struct sha1_stream sha = {};
	bool in_map_load = false;
	struct bpf_insn insn;
	__be32 word;
	u32 i;

	BUILD_BUG_ON(SHA1_BLOCK_SIZE % sizeof(insn));
	sha1_init(sha.state);
	for (i = 0; i < nr_insns; i++) {
		insn = insns[i];
		if (in_map_load || is_map_load(&insn)) {
			in_map_load = !in_map_load;
			insn.imm = 0;
		}
		add_piece(&sha, &insn, sizeof(insn));
	}
	add_padding(&sha);
	for (i = 0; i < BPF_TAG_SIZE / sizeof(word); i++) {
		word = cpu_to_be32(sha.state[i]);
		memcpy(tag + i * sizeof(word), &word, sizeof(word));
	}
}
