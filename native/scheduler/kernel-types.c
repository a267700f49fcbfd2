/* SPDX-License-Identifier: Apache-2.0 */
/* Reads BTF as the kernel's Documentation/bpf/btf.rst describes it. */
#include "kernel-types.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS 65536u
/* include/uapi/linux/btf.h, which older systems have without them. */
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64 19

struct kernel_types {
	char *file;
	const char *strings;
	uint32_t string_bytes;
	uint32_t count;
	/* By number; each list of names with one hash begins in a bucket. */
	const struct btf_type **types;
	uint32_t *next;
	uint32_t buckets[BUCKETS];
};

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name != '\0')
		hash = hash * 33 + (unsigned char)*name++;
	return hash % BUCKETS;
}

static const char *text_at(const struct kernel_types *types, uint32_t at)
{
	return at < types->string_bytes ? types->strings + at : "";
}

/* Bytes behind the head of a type. */
static uint32_t tail_bytes(const struct btf_type *type)
{
	uint32_t members = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return members * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return members * 8;
	default:
		return 0;
	}
}

/* Goes through all types; only counts them while there is no room yet. */
static uint32_t index_types(struct kernel_types *types, const char *from, const char *end)
{
	uint32_t count = 0;

	while (from + sizeof(struct btf_type) <= end) {
		const struct btf_type *type = (const struct btf_type *)from;
		uint32_t bucket;

		count++;
		from += sizeof(*type) + tail_bytes(type);
		if (types->types == NULL)
			continue;
		bucket = hash_of(text_at(types, type->name_off));
		types->types[count] = type;
		types->next[count] = types->buckets[bucket];
		types->buckets[bucket] = count;
	}
	return count;
}

static int read_all(int fd, char *to, size_t bytes)
{
	while (bytes > 0) {
		ssize_t got = read(fd, to, bytes);

		if (got <= 0) {
			errno = got == 0 ? EINVAL : errno;
			return -1;
		}
		to += got;
		bytes -= (size_t)got;
	}
	return 0;
}

static int parse(struct kernel_types *types, size_t bytes)
{
	const struct btf_header *head = (const struct btf_header *)types->file;
	const char *begin = types->file + head->hdr_len + head->type_off;

	errno = EINVAL;
	if (bytes < sizeof(*head) || head->magic != BTF_MAGIC ||
	    (uint64_t)head->hdr_len + head->type_off + head->type_len > bytes ||
	    (uint64_t)head->hdr_len + head->str_off + head->str_len > bytes || head->str_len == 0)
		return -1;
	types->strings = types->file + head->hdr_len + head->str_off;
	types->string_bytes = head->str_len;
	if (types->strings[head->str_len - 1] != '\0')
		return -1;
	types->count = index_types(types, begin, begin + head->type_len);
	types->types = calloc(types->count + 1, sizeof(*types->types));
	types->next = calloc(types->count + 1, sizeof(*types->next));
	if (types->types == NULL || types->next == NULL)
		return -1;
	index_types(types, begin, begin + head->type_len);
	return 0;
}

struct kernel_types *read_kernel_types(void)
{
	struct kernel_types *types = calloc(1, sizeof(*types));
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (types == NULL || fd < 0 || fstat(fd, &status) != 0)
		return NULL;
	types->file = malloc((size_t)status.st_size);
	if (types->file == NULL || read_all(fd, types->file, (size_t)status.st_size) != 0)
		return NULL;
	close(fd);
	return parse(types, (size_t)status.st_size) == 0 ? types : NULL;
}

static uint32_t find(const struct kernel_types *types, const char *name, uint32_t kind)
{
	uint32_t number = types->buckets[hash_of(name)];

	for (; number != 0; number = types->next[number])
		if (BTF_INFO_KIND(types->types[number]->info) == kind &&
		    strcmp(text_at(types, types->types[number]->name_off), name) == 0)
			return number;
	return 0;
}

uint32_t find_structure(const struct kernel_types *types, const char *name)
{
	return find(types, name, BTF_KIND_STRUCT);
}

uint32_t find_function(const struct kernel_types *types, const char *name)
{
	return find(types, name, BTF_KIND_FUNC);
}

uint32_t structure_bytes(const struct kernel_types *types, uint32_t structure)
{
	return structure == 0 ? 0 : types->types[structure]->size;
}

static uint32_t without_names(const struct kernel_types *types, uint32_t number)
{
	while (number != 0 && number <= types->count)
		switch (BTF_INFO_KIND(types->types[number]->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case KIND_TYPE_TAG:
			number = types->types[number]->type;
			break;
		default:
			return number;
		}
	return 0;
}

static int is_compound(const struct kernel_types *types, uint32_t number)
{
	uint32_t kind = number == 0 ? 0 : BTF_INFO_KIND(types->types[number]->info);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

int64_t find_member(const struct kernel_types *types, uint32_t structure, const char *path, uint32_t *place)
{
	size_t length = strcspn(path, ".");
	const struct btf_member *members;

	structure = without_names(types, structure);
	if (!is_compound(types, structure))
		return -1;
	members = (const struct btf_member *)(types->types[structure] + 1);
	for (uint32_t i = 0; i < BTF_INFO_VLEN(types->types[structure]->info); i++) {
		const char *name = text_at(types, members[i].name_off);
		int64_t offset = BTF_MEMBER_BIT_OFFSET(members[i].offset) / 8, below;

		if (*name == '\0') {
			below = find_member(types, members[i].type, path, NULL);
		} else if (strncmp(name, path, length) == 0 && name[length] == '\0') {
			if (place != NULL)
				*place = i;
			below = path[length] == '\0' ? 0 : find_member(types, members[i].type, path + length + 1, NULL);
		} else {
			continue;
		}
		if (below >= 0)
			return offset + below;
	}
	return -1;
}

int find_constant(const struct kernel_types *types, const char *name, uint64_t *value)
{
	for (uint32_t number = 1; number <= types->count; number++) {
		const struct btf_type *type = types->types[number];
		uint32_t kind = BTF_INFO_KIND(type->info), words = kind == KIND_ENUM64 ? 3 : 2;
		const uint32_t *at = (const uint32_t *)(type + 1);

		if (kind != BTF_KIND_ENUM && kind != KIND_ENUM64)
			continue;
		for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, at += words)
			if (strcmp(text_at(types, at[0]), name) == 0) {
				*value = at[1] | (kind == KIND_ENUM64 ? (uint64_t)at[2] << 32 : 0);
				return 0;
			}
	}
	return -1;
}
