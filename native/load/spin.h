/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that work types spin in. Where its few bytes lie decides how fast it goes, by a third on some processors: so they
 * begin at a line of the instruction cache wherever it is inlined. The benchmark's bare loop is the same.
 */
#ifndef CORRAL_LOAD_SPIN_H
#define CORRAL_LOAD_SPIN_H

#include <stdint.h>

/* So many turns, of about one cycle each. */
static inline void load_spin(uint64_t turns)
{
	if (turns == 0)
		return;
#if defined(__x86_64__)
	__asm__ volatile(".p2align 6\n1:\tsubq $1, %0\n\tjne 1b" : "+r"(turns) : : "cc");
#elif defined(__aarch64__)
	__asm__ volatile(".p2align 6\n1:\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
#else
	for (; turns > 0; turns -= 1)
		__asm__ volatile("" : "+r"(turns));
#endif
}

#endif
