/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anonymous memory that JavaScript sees as an ArrayBuffer and can give back to the kernel page by page. A mapping has
 * users: its buffer, until that is detached or collected, windows onto a part of it, and batches of the packer
 * on a thread of libuv's pool. The last one unmaps it, so that no thread ever reads what is gone.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"

struct mapping {
	void *base;
	size_t bytes;
	atomic_uint users;
	/* In the instance's list until its buffer is gone. */
	struct mapping *next;
	struct instance *instance;
};

void release_mapping(struct mapping *mapping)
{
	if (atomic_fetch_sub(&mapping->users, 1) != 1)
		return;
	munmap(mapping->base, mapping->bytes);
	free(mapping);
}

static void forget(struct mapping *mapping)
{
	struct mapping **link;

	if (mapping->instance == NULL)
		return;
	link = &mapping->instance->mappings;
	while (*link != NULL && *link != mapping)
		link = &(*link)->next;
	if (*link != NULL)
		*link = mapping->next;
}

/* The instance ends; buffers may be finalized later. */
void orphan_mappings(struct instance *instance)
{
	for (struct mapping *mapping = instance->mappings; mapping != NULL; mapping = mapping->next)
		mapping->instance = NULL;
}

struct mapping *hold_mapping(struct instance *instance, const void *base)
{
	struct mapping *mapping = instance->mappings;

	while (mapping != NULL && mapping->base != base)
		mapping = mapping->next;
	if (mapping != NULL)
		atomic_fetch_add(&mapping->users, 1);
	return mapping;
}

/* The buffer of a whole mapping was detached or collected, or its environment ends. */
static void finalize_buffer(napi_env env, void *data, void *hint)
{
	struct mapping *mapping = hint;

	(void)env;
	(void)data;
	forget(mapping);
	release_mapping(mapping);
}

static void finalize_window(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)data;
	release_mapping(hint);
}

/* mapMemory(bytes) -> ArrayBuffer */
napi_value map_memory_call(napi_env env, napi_callback_info info)
{
	struct instance *instance = instance_of(env);
	struct mapping *mapping;
	napi_value argument, buffer;
	int64_t bytes;

	if (!get_arguments(env, info, 1, &argument))
		return NULL;
	CHECK(env, napi_get_value_int64(env, argument, &bytes));
	mapping = calloc(1, sizeof(*mapping));
	if (mapping == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	mapping->base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping->base == MAP_FAILED) {
		int error = errno;

		free(mapping);
		return throw_errno(env, error, "mmap");
	}
	mapping->bytes = (size_t)bytes;
	mapping->instance = instance;
	atomic_init(&mapping->users, 1);
	if (napi_create_external_arraybuffer(env, mapping->base, mapping->bytes, finalize_buffer, mapping, &buffer) !=
	    napi_ok) {
		release_mapping(mapping);
		throw_napi_error(env, "napi_create_external_arraybuffer");
		return NULL;
	}
	mapping->next = instance->mappings;
	instance->mappings = mapping;
	return buffer;
}

static bool get_buffer(napi_env env, napi_value value, uint8_t **base, size_t *bytes)
{
	bool is_buffer = false;

	if (napi_is_arraybuffer(env, value, &is_buffer) == napi_ok && is_buffer &&
	    napi_get_arraybuffer_info(env, value, (void **)base, bytes) == napi_ok)
		return true;
	napi_throw_type_error(env, "EINVAL", "an argument is not an ArrayBuffer");
	return false;
}

/* A part of a buffer, which must lie in it. */
static bool get_part(napi_env env, const napi_value arguments[3], uint8_t **base, size_t *offset, size_t *length)
{
	int64_t from, count;
	size_t bytes;

	if (!get_buffer(env, arguments[0], base, &bytes))
		return false;
	if (napi_get_value_int64(env, arguments[1], &from) == napi_ok &&
	    napi_get_value_int64(env, arguments[2], &count) == napi_ok && from >= 0 && count >= 0 &&
	    (size_t)from <= bytes && (size_t)count <= bytes - (size_t)from) {
		*offset = (size_t)from;
		*length = (size_t)count;
		return true;
	}
	napi_throw_range_error(env, "EINVAL", "the part is not inside the buffer");
	return false;
}

/* detachMemory(buffer): no view reads it from now on; memory of a mapping is unmapped once nobody else uses it. */
napi_value detach_memory_call(napi_env env, napi_callback_info info)
{
	napi_value argument;

	if (get_arguments(env, info, 1, &argument))
		CHECK(env, napi_detach_arraybuffer(env, argument));
	return NULL;
}

/* windowMemory(buffer, offset, length) -> ArrayBuffer of the same memory, to be detached by itself */
napi_value window_memory_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], window;
	struct mapping *mapping;
	size_t offset, length;
	uint8_t *base;

	if (!get_arguments(env, info, 3, arguments) || !get_part(env, arguments, &base, &offset, &length))
		return NULL;
	mapping = hold_mapping(instance_of(env), base);
	if (mapping == NULL)
		return throw_errno(env, EINVAL, "windowMemory");
	if (napi_create_external_arraybuffer(env, base + offset, length, finalize_window, mapping, &window) == napi_ok)
		return window;
	release_mapping(mapping);
	throw_napi_error(env, "napi_create_external_arraybuffer");
	return NULL;
}

/* adviseMemory(buffer, offset, length, advice) */
napi_value advise_memory_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	size_t offset, length;
	uint8_t *base;
	int32_t advice;

	if (!get_arguments(env, info, 4, arguments) || !get_part(env, arguments, &base, &offset, &length) ||
	    !get_int(env, arguments[3], &advice))
		return NULL;
	if (madvise(base + offset, length, advice) < 0)
		return throw_errno(env, errno, "madvise");
	return NULL;
}

/* residentBytes(buffer, offset, length) -> bytes of it that are in memory, of whole pages from offset on */
napi_value resident_bytes_call(napi_env env, napi_callback_info info)
{
	unsigned char pages[4096];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), offset, length, resident = 0;
	napi_value arguments[3], result;
	uint8_t *base;

	if (!get_arguments(env, info, 3, arguments) || !get_part(env, arguments, &base, &offset, &length))
		return NULL;
	for (size_t done = 0; done < length; done += sizeof(pages) * page) {
		size_t part = length - done < sizeof(pages) * page ? length - done : sizeof(pages) * page;

		if (mincore(base + offset + done, part, pages) < 0)
			return throw_errno(env, errno, "mincore");
		for (size_t i = 0; i < (part + page - 1) / page; i++)
			resident += pages[i] & 1;
	}
	CHECK(env, napi_create_double(env, (double)(resident * page), &result));
	return result;
}

/* pageBytes() */
napi_value page_bytes_call(napi_env env, napi_callback_info info)
{
	napi_value result;

	(void)info;
	CHECK(env, napi_create_double(env, (double)sysconf(_SC_PAGESIZE), &result));
	return result;
}
