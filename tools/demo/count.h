/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the packet counter and its loader share.
 */
#ifndef _LBPF_DEMO_COUNT_H
#define _LBPF_DEMO_COUNT_H

/* Value of the map; the key is the IP protocol. */
struct count {
	__u64	packets;
	__u64	bytes;	/* link layer header included */
};

/* Key of what is no IP packet. */
#define NOT_IP	256

#endif /* _LBPF_DEMO_COUNT_H */
