/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LZ4 block format, written from its public description (lz4_Block_format.md): a row of sequences, each a token, its
 * literals, a 16-bit distance and a match of at least 4 bytes. The last sequence has literals only; the last 5 bytes are
 * literals, and no match starts in the last 12. The compressor is greedy with one hash table, and takes longer steps the
 * longer it finds nothing.
 */
#include <string.h>

#include "arena.h"

#define MIN_MATCH 4
#define LAST_LITERALS 5
#define MATCH_MARGIN 12
#define RUN_MASK 15
/* From the beginning of any literals but the last on there are so many bytes, because no match starts in the margin. */
#define WIDE_COPY MATCH_MARGIN
/* After this many vain attempts (as a power of 2) at one step the step grows by one. */
#define SKIP_TRIGGER 6

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* A larger table finds more in a large chunk, and costs more to clear than a small one gains. */
#define LARGE_BYTES 16384

static int table_bits(size_t length)
{
	return length >= LARGE_BYTES ? 13 : 12;
}

/* Of five bytes: a match of four alone saves a byte at most, and hides a longer one. */
static uint32_t slot_of(const uint8_t *at, int bits)
{
	return (read32(at) * 2654435761u + at[4] * 2246822519u) >> (32 - bits);
}

/* How many of the first bytes in memory are zero; `word` is not. */
static size_t zero_bytes(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(word) / 8;
#else
	return (size_t)__builtin_clzll(word) / 8;
#endif
}

/* Bytes that are equal from both places on, up to `limit` of `in`. */
static size_t count_equal(const uint8_t *in, const uint8_t *match, const uint8_t *limit)
{
	const uint8_t *start = in;

	for (; limit - in >= 8; in += 8, match += 8) {
		uint64_t difference = read64(in) ^ read64(match);

		if (difference != 0)
			return (size_t)(in - start) + zero_bytes(difference);
	}
	while (in < limit && *in == *match) {
		in++;
		match++;
	}
	return (size_t)(in - start);
}

/* What of a length did not fit into its half of the token. */
static uint8_t *write_length(uint8_t *out, size_t length)
{
	for (; length >= 255; length -= 255)
		*out++ = 255;
	*out++ = (uint8_t)length;
	return out;
}

/* Token and literals; NULL when `extra` more bytes would not fit behind them. */
static uint8_t *write_literals(uint8_t *out, const uint8_t *out_end, const uint8_t *from, size_t count, size_t extra)
{
	uint8_t *token = out;

	if ((size_t)(out_end - out) < 1 + count / 255 + 1 + count + extra)
		return NULL;
	out++;
	*token = (uint8_t)((count < RUN_MASK ? count : RUN_MASK) << 4);
	if (count >= RUN_MASK)
		out = write_length(out, count - RUN_MASK);
	/* Most runs are short: one wide copy costs less than one of exact size. */
	if (count <= WIDE_COPY && extra > 0 && out_end - out >= WIDE_COPY)
		memcpy(out, from, WIDE_COPY);
	else
		memcpy(out, from, count);
	return out + count;
}

size_t lz4_compress(const uint8_t *source, size_t length, uint8_t *target, size_t capacity, uint32_t acceleration,
		    uint16_t *table)
{
	const uint8_t *end = source + length, *anchor = source, *in = source + 1;
	uint8_t *out = target, *out_end = target + capacity;
	int bits = table_bits(length);

	memset(table, 0, sizeof(*table) << bits);
	while (length > MATCH_MARGIN) {
		const uint8_t *last_start = end - MATCH_MARGIN, *match;
		uint32_t attempts = acceleration << SKIP_TRIGGER;
		uint8_t *token = out;
		size_t matched;

		for (;; in += attempts++ >> SKIP_TRIGGER) {
			uint16_t *slot;

			if (in > last_start)
				goto literals;
			slot = &table[slot_of(in, bits)];
			match = source + *slot;
			*slot = (uint16_t)(in - source);
			if (read32(match) == read32(in))
				break;
		}
		while (in > anchor && match > source && in[-1] == match[-1]) {
			in--;
			match--;
		}
		matched = MIN_MATCH + count_equal(in + MIN_MATCH, match + MIN_MATCH, end - LAST_LITERALS);
		out = write_literals(out, out_end, anchor, (size_t)(in - anchor), 2 + matched / 255 + 1);
		if (out == NULL)
			return 0;
		*out++ = (uint8_t)(in - match);
		*out++ = (uint8_t)((in - match) >> 8);
		*token |= matched - MIN_MATCH < RUN_MASK ? matched - MIN_MATCH : RUN_MASK;
		if (matched - MIN_MATCH >= RUN_MASK)
			out = write_length(out, matched - MIN_MATCH - RUN_MASK);
		in += matched;
		anchor = in;
		if (in > last_start)
			break;
		table[slot_of(in - 2, bits)] = (uint16_t)(in - 2 - source);
	}
literals:
	out = write_literals(out, out_end, anchor, (size_t)(end - anchor), 0);
	return out == NULL ? 0 : (size_t)(out - target);
}

/* Adds what follows a half token of 15; false at the end of the block. */
static bool read_length(const uint8_t **in, const uint8_t *in_end, size_t *length)
{
	uint8_t byte;

	do {
		if (*in == in_end)
			return false;
		byte = *(*in)++;
		*length += byte;
	} while (byte == 255);
	return true;
}

/* Of the bytes just written, from `distance` back on. Each turn doubles what may be copied without overlap. */
static void copy_match(uint8_t *out, size_t distance, size_t count)
{
	const uint8_t *from = out - distance;

	while (count > 0) {
		size_t ready = (size_t)(out - from);
		size_t part = ready < count ? ready : count;

		memcpy(out, from, part);
		out += part;
		count -= part;
	}
}

bool lz4_decompress(const uint8_t *block, size_t block_length, uint8_t *target, size_t length)
{
	const uint8_t *in = block, *in_end = block + block_length;
	uint8_t *out = target, *out_end = target + length;

	while (in < in_end) {
		uint8_t token = *in++;
		size_t literals = token >> 4, matched = token & RUN_MASK, distance;

		if (literals == RUN_MASK && !read_length(&in, in_end, &literals))
			return false;
		if (literals > (size_t)(in_end - in) || literals > (size_t)(out_end - out))
			return false;
		/* Most runs are short: one wide copy costs less than one of exact size, where both sides have room. */
		if (literals <= 16 && in_end - in >= 16 && out_end - out >= 16)
			memcpy(out, in, 16);
		else
			memcpy(out, in, literals);
		in += literals;
		out += literals;
		if (in == in_end)
			return out == out_end;
		if (in_end - in < 2)
			return false;
		distance = (size_t)in[0] | (size_t)in[1] << 8;
		in += 2;
		if (matched == RUN_MASK && !read_length(&in, in_end, &matched))
			return false;
		matched += MIN_MATCH;
		if (distance == 0 || distance > (size_t)(out - target) || matched > (size_t)(out_end - out))
			return false;
		if (matched <= 16 && distance >= 16 && out_end - out >= 16)
			memcpy(out, out - distance, 16);
		else
			copy_match(out, distance, matched);
		out += matched;
	}
	return false;
}
