/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_signed(const char *text, int64_t *number)
{
	char *end = NULL;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

/* "NAME=NUMBER", NAME one of the type's; `given` gets the bit of its place. */
static bool parse_param(const char *text, struct load_options *options, unsigned *given)
{
	const char *equals = strchr(text, '=');
	int64_t number;

	if (equals == NULL || !parse_signed(equals + 1, &number))
		return false;
	for (unsigned at = 0; at < LOAD_PARAMS && options->type->params[at] != NULL; at += 1) {
		const char *name = options->type->params[at];

		if (strlen(name) != (size_t)(equals - text) || strncmp(name, text, strlen(name)) != 0)
			continue;
		options->params[at] = (uint64_t)number;
		*given |= 1u << at;
		return true;
	}
	return false;
}

/* "KIND:MICROSECONDS". */
static bool parse_phase(const char *text, struct load_options *options)
{
	static const char *const names[] = { "spin", "sleep", "yield", "io" };
	const char *colon = strchr(text, ':');
	int64_t us;

	if (colon == NULL || !parse_signed(colon + 1, &us) || options->phase_count == LOAD_PHASES)
		return false;
	for (unsigned kind = 0; kind < sizeof(names) / sizeof(names[0]); kind += 1) {
		if (strlen(names[kind]) != (size_t)(colon - text) || strncmp(names[kind], text, strlen(names[kind])) != 0)
			continue;
		options->phases[options->phase_count] = (struct load_phase){ .kind = kind, .us = (uint64_t)us };
		options->phase_count += 1;
		return true;
	}
	return false;
}

/* "MODE" or "MODE:NODE,NODE…", MODE a number of set_mempolicy(2) with its flags. */
static bool parse_mempolicy(const char *text, struct load_options *options)
{
	char *end = NULL;

	errno = 0;
	options->mempolicy = (int)strtoul(text, &end, 10);
	while (errno == 0 && (*end == ':' || *end == ',')) {
		unsigned long node = strtoul(end + 1, &end, 10);

		if (node >= LOAD_NODES)
			return false;
		options->mempolicy_nodes[node / 64] |= 1ull << (node % 64);
	}
	return errno == 0 && *end == '\0' && text[0] != '\0';
}

static bool parse_text(const char *text, struct load_options *options)
{
	if (options->text_count == LOAD_TEXTS)
		return false;
	options->texts[options->text_count] = text;
	options->text_count += 1;
	return true;
}

static bool parse_one(const char *name, const char *value, struct load_options *options, unsigned *given)
{
	int64_t number;

	if (strcmp(name, "--param") == 0)
		return parse_param(value, options, given);
	if (strcmp(name, "--phase") == 0)
		return parse_phase(value, options);
	if (strcmp(name, "--text") == 0)
		return parse_text(value, options);
	if (strcmp(name, "--mempolicy") == 0)
		return parse_mempolicy(value, options);
	if (strcmp(name, "--comm") == 0) {
		options->comm = value;
		return true;
	}
	if (strcmp(name, "--uid") == 0)
		return parse_signed(value, &options->uid);
	if (strcmp(name, "--gid") == 0)
		return parse_signed(value, &options->gid);
	if (strcmp(name, "--workers") != 0 || !parse_signed(value, &number) || number > 65536)
		return false;
	options->workers = (uint32_t)number;
	return true;
}

uint32_t load_group_size(const struct load_options *options)
{
	return options->type->group_size == NULL ? 1 : options->type->group_size(options);
}

bool parse_load_options(int argc, char **argv, struct load_options *options)
{
	unsigned given = 0, wanted = 0;
	uint32_t group;

	*options = (struct load_options){ .mempolicy = -1, .uid = -1, .gid = -1 };
	if (argc < 1 || argc % 2 != 1)
		return false;
	options->type = find_load_type(argv[0]);
	if (options->type == NULL)
		return false;
	for (int at = 1; at < argc; at += 2)
		if (!parse_one(argv[at], argv[at + 1], options, &given))
			return false;
	for (unsigned at = 0; at < LOAD_PARAMS && options->type->params[at] != NULL; at += 1)
		wanted |= 1u << at;
	if ((options->type->needs_text && options->text_count == 0) || (options->type->needs_phase && options->phase_count == 0))
		return false;
	if (given != wanted || options->workers == 0)
		return false;
	group = load_group_size(options);
	return group > 0 && options->workers % group == 0;
}
