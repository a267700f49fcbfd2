/* SPDX-License-Identifier: Apache-2.0 */
/* What the arena's C files share: mappings, the LZ4 block codec, the checksum. The N-API entries are in addon.h. */
#ifndef CORRAL_ARENA_H
#define CORRAL_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addon.h"

/* Offsets inside a chunk fit 16 bits. */
#define MAX_CHUNK_BYTES 65536
/* Of the compressor's table, for the largest chunks. */
#define LZ4_TABLE_ENTRIES (1 << 13)

/* An anonymous mapping that JavaScript sees as one ArrayBuffer; unmapped when the last user lets go of it. */
struct mapping;

/* The mapping that starts at `base`, with one more user; NULL when there is none. */
struct mapping *hold_mapping(struct instance *instance, const void *base);
void release_mapping(struct mapping *mapping);

/* arena-lz4.c: bytes written, or 0 when the block does not fit into `capacity`. `source` is at most MAX_CHUNK_BYTES. */
size_t lz4_compress(const uint8_t *source, size_t length, uint8_t *target, size_t capacity, uint32_t acceleration,
		    uint16_t *table);
/* True when the block is well formed and holds exactly `length` bytes. Never touches a byte outside of either. */
bool lz4_decompress(const uint8_t *block, size_t block_length, uint8_t *target, size_t length);

/* arena-checksum.c: xxHash, 32 bits. */
uint32_t xxh32(const uint8_t *bytes, size_t length, uint32_t seed);

#endif
