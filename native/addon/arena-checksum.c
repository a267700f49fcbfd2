/* SPDX-License-Identifier: Apache-2.0 */
/* xxHash with 32 bits, written from its public description (xxhash_spec.md). src/arena/xxh32.ts computes the same. */
#include <string.h>

#include "arena.h"

#define PRIME1 2654435761u
#define PRIME2 2246822519u
#define PRIME3 3266489917u
#define PRIME4 668265263u
#define PRIME5 374761393u

static uint32_t rotate(uint32_t value, int bits)
{
	return value << bits | value >> (32 - bits);
}

static uint32_t read_le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t mix(uint32_t lane, uint32_t input)
{
	return rotate(lane + input * PRIME2, 13) * PRIME1;
}

uint32_t xxh32(const uint8_t *bytes, size_t length, uint32_t seed)
{
	const uint8_t *at = bytes, *end = bytes + length;
	uint32_t hash = seed + PRIME5;

	if (length >= 16) {
		uint32_t a = seed + PRIME1 + PRIME2, b = seed + PRIME2, c = seed, d = seed - PRIME1;

		for (; end - at >= 16; at += 16) {
			a = mix(a, read_le32(at));
			b = mix(b, read_le32(at + 4));
			c = mix(c, read_le32(at + 8));
			d = mix(d, read_le32(at + 12));
		}
		hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
	}
	hash += (uint32_t)length;
	for (; end - at >= 4; at += 4)
		hash = rotate(hash + read_le32(at) * PRIME3, 17) * PRIME4;
	for (; at < end; at++)
		hash = rotate(hash + *at * PRIME5, 11) * PRIME1;
	hash = (hash ^ hash >> 15) * PRIME2;
	hash = (hash ^ hash >> 13) * PRIME3;
	return hash ^ hash >> 16;
}
