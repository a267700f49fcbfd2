/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs and unpacks chunks of memory. A batch is packed on the caller's thread or on one of libuv's pool; there JavaScript
 * may write the chunks meanwhile, so that each is copied first and everything is computed from the copy. Whether the
 * copy still is what the chunk holds is for JavaScript to know.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* Kinds of results, as src/kernel/native-memory.ts has them. */
#define KIND_LZ4 1
#define KIND_FILLED 2
#define KIND_NO_GAIN 3
#define KIND_RANDOM 4
#define KIND_UNVERIFIED 5
#define RESULT_NUMBERS 3

/* So many bytes of random data have 162 different values on average, and fewer than 140 once in a hundred thousand chunks. */
#define SAMPLE_BYTES 256
#define RANDOM_VALUES 140

struct pack {
	const uint8_t *memory;
	size_t chunk_bytes;
	uint32_t *chunks;
	size_t count;
	uint32_t acceleration;
	bool sample;
	uint8_t *output;
	uint32_t *results;
	/* Two chunks and the compressor's table. */
	uint8_t *scratch;
};

struct pack_work {
	struct pack pack;
	struct mapping *mapping;
	napi_async_work handle;
	napi_deferred deferred;
	/* Keep output and results alive. */
	napi_ref output, results;
};

static bool is_filled(const uint8_t *chunk, size_t bytes)
{
	return memcmp(chunk, chunk + 8, bytes - 8) == 0;
}

/* Many different values among bytes from all over the chunk, and from every place of a word. */
static bool looks_random(const uint8_t *chunk, size_t bytes)
{
	uint8_t seen[256] = { 0 };
	size_t step = bytes / SAMPLE_BYTES, values = 0;

	for (size_t i = 0; i < SAMPLE_BYTES; i++) {
		uint8_t *mark = &seen[chunk[i * step + i % step]];

		values += *mark == 0;
		*mark = 1;
	}
	return values >= RANDOM_VALUES;
}

static void pack_one(const struct pack *pack, size_t index)
{
	size_t bytes = pack->chunk_bytes, packed;
	uint8_t *copy = pack->scratch, *check = copy + bytes, *output = pack->output + index * bytes;
	uint16_t *table = (uint16_t *)(check + bytes);
	uint32_t *result = pack->results + index * RESULT_NUMBERS;

	memcpy(copy, pack->memory + (size_t)pack->chunks[index] * bytes, bytes);
	if (is_filled(copy, bytes)) {
		result[0] = KIND_FILLED;
		memcpy(result + 1, copy, 8);
		return;
	}
	result[1] = 0;
	result[2] = 0;
	result[0] = KIND_RANDOM;
	if (pack->sample && looks_random(copy, bytes))
		return;
	result[0] = KIND_NO_GAIN;
	packed = lz4_compress(copy, bytes, output, bytes - 1, pack->acceleration, table);
	if (packed == 0)
		return;
	result[0] = KIND_UNVERIFIED;
	if (!lz4_decompress(output, packed, check, bytes) || memcmp(copy, check, bytes) != 0)
		return;
	result[0] = KIND_LZ4;
	result[1] = (uint32_t)packed;
	result[2] = xxh32(copy, bytes, 0);
}

static void pack_all(const struct pack *pack)
{
	for (size_t i = 0; i < pack->count; i++)
		pack_one(pack, i);
}

/* packChunks and packChunksAsync(memory, chunkBytes, chunks, acceleration, sample, output, results) */
static bool read_pack(napi_env env, const napi_value arguments[7], struct pack *pack)
{
	void *memory, *chunks, *output, *results;
	size_t memory_bytes, chunks_bytes, output_bytes, results_bytes, count;
	uint32_t chunk_bytes;

	if (!get_typed_bytes(env, arguments[0], napi_uint8_array, &memory, &memory_bytes) ||
	    !get_typed_bytes(env, arguments[2], napi_uint32_array, &chunks, &chunks_bytes) ||
	    !get_typed_bytes(env, arguments[5], napi_uint8_array, &output, &output_bytes) ||
	    !get_typed_bytes(env, arguments[6], napi_uint32_array, &results, &results_bytes))
		return false;
	if (napi_get_value_uint32(env, arguments[1], &chunk_bytes) != napi_ok ||
	    napi_get_value_uint32(env, arguments[3], &pack->acceleration) != napi_ok ||
	    napi_get_value_bool(env, arguments[4], &pack->sample) != napi_ok)
		goto wrong;
	count = chunks_bytes / sizeof(uint32_t);
	if (chunk_bytes < SAMPLE_BYTES || chunk_bytes > MAX_CHUNK_BYTES || chunk_bytes % 8 != 0 ||
	    output_bytes / chunk_bytes < count || results_bytes / (RESULT_NUMBERS * sizeof(uint32_t)) < count)
		goto wrong;
	for (size_t i = 0; i < count; i++)
		if (((uint32_t *)chunks)[i] >= memory_bytes / chunk_bytes)
			goto wrong;
	pack->memory = memory;
	pack->chunk_bytes = chunk_bytes;
	pack->count = count;
	pack->output = output;
	pack->results = results;
	pack->chunks = malloc(count * sizeof(uint32_t));
	pack->scratch = malloc(2 * (size_t)chunk_bytes + LZ4_TABLE_ENTRIES * sizeof(uint16_t));
	if (pack->scratch == NULL || (pack->chunks == NULL && count > 0)) {
		throw_errno(env, ENOMEM, "malloc");
		return false;
	}
	memcpy(pack->chunks, chunks, chunks_bytes);
	return true;
wrong:
	napi_throw_range_error(env, "EINVAL", "the batch does not fit its arguments");
	return false;
}

static void free_pack(struct pack *pack)
{
	free(pack->chunks);
	free(pack->scratch);
}

napi_value pack_chunks_call(napi_env env, napi_callback_info info)
{
	struct pack pack = { 0 };
	napi_value arguments[7];

	if (get_arguments(env, info, 7, arguments) && read_pack(env, arguments, &pack))
		pack_all(&pack);
	free_pack(&pack);
	return NULL;
}

static void free_work(napi_env env, struct pack_work *work)
{
	if (work->output != NULL)
		napi_delete_reference(env, work->output);
	if (work->results != NULL)
		napi_delete_reference(env, work->results);
	if (work->mapping != NULL)
		release_mapping(work->mapping);
	free_pack(&work->pack);
	free(work);
}

static void execute(napi_env env, void *data)
{
	(void)env;
	pack_all(&((struct pack_work *)data)->pack);
}

/* Runs in the event loop, also while the environment ends: then nothing can be settled any more. */
static void complete(napi_env env, napi_status status, void *data)
{
	struct pack_work *work = data;
	napi_value outcome;

	napi_delete_async_work(env, work->handle);
	if (status == napi_ok && napi_get_undefined(env, &outcome) == napi_ok)
		napi_resolve_deferred(env, work->deferred, outcome);
	else if ((outcome = errno_error(env, ECANCELED, "uv_queue_work")) != NULL)
		napi_reject_deferred(env, work->deferred, outcome);
	free_work(env, work);
}

static bool queue(napi_env env, const napi_value arguments[7], struct pack_work *work, napi_value *promise)
{
	napi_value name;

	/* The view starts where its mapping does: the window onto all of it. */
	work->mapping = hold_mapping(instance_of(env), work->pack.memory);
	if (work->mapping == NULL) {
		throw_errno(env, EINVAL, "packChunksAsync");
		return false;
	}
	if (napi_create_reference(env, arguments[5], 1, &work->output) == napi_ok &&
	    napi_create_reference(env, arguments[6], 1, &work->results) == napi_ok &&
	    napi_create_string_latin1(env, "CorralPack", NAPI_AUTO_LENGTH, &name) == napi_ok &&
	    napi_create_async_work(env, NULL, name, execute, complete, work, &work->handle) == napi_ok) {
		if (napi_create_promise(env, &work->deferred, promise) == napi_ok &&
		    napi_queue_async_work(env, work->handle) == napi_ok)
			return true;
		napi_delete_async_work(env, work->handle);
	}
	throw_napi_error(env, "packChunksAsync");
	return false;
}

napi_value pack_chunks_async_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[7], promise;
	struct pack_work *work = calloc(1, sizeof(*work));

	if (work == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	if (get_arguments(env, info, 7, arguments) && read_pack(env, arguments, &work->pack) &&
	    queue(env, arguments, work, &promise))
		return promise;
	free_work(env, work);
	return NULL;
}

/* unpackChunk(block, blockOffset, blockBytes, memory, offset, chunkBytes, checksum) -> 0, or 1 malformed, 2 checksum */
napi_value unpack_chunk_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[7], result;
	void *block, *memory;
	size_t block_room, memory_room;
	int64_t numbers[5];
	uint32_t outcome = 0;
	static const size_t positions[] = { 1, 2, 4, 5, 6 };

	if (!get_arguments(env, info, 7, arguments) ||
	    !get_typed_bytes(env, arguments[0], napi_uint8_array, &block, &block_room) ||
	    !get_typed_bytes(env, arguments[3], napi_uint8_array, &memory, &memory_room))
		return NULL;
	for (size_t i = 0; i < 5; i++)
		CHECK(env, napi_get_value_int64(env, arguments[positions[i]], &numbers[i]));
	for (size_t i = 0; i < 4; i++)
		if (numbers[i] < 0)
			goto outside;
	if ((size_t)numbers[0] > block_room || (size_t)numbers[1] > block_room - (size_t)numbers[0] ||
	    (size_t)numbers[2] > memory_room || (size_t)numbers[3] > memory_room - (size_t)numbers[2])
		goto outside;
	if (!lz4_decompress((uint8_t *)block + numbers[0], (size_t)numbers[1], (uint8_t *)memory + numbers[2],
			    (size_t)numbers[3]))
		outcome = 1;
	else if (xxh32((uint8_t *)memory + numbers[2], (size_t)numbers[3], 0) != (uint32_t)numbers[4])
		outcome = 2;
	CHECK(env, napi_create_uint32(env, outcome, &result));
	return result;
outside:
	napi_throw_range_error(env, "EINVAL", "the chunk is not inside the memory");
	return NULL;
}
