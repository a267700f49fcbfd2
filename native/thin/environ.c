/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Node reads the file of NODE_EXTRA_CA_CERTS at every start, which takes 58 ms; Corral opens no TLS connection. */
static const char put_aside[] = "CORRAL_SAVED_", costly[] = "NODE_EXTRA_CA_CERTS=";

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

const char *variable(const char *name)
{
	size_t length = strlen(name);

	for (char **entry = environ; *entry != NULL; entry++)
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			return *entry + length + 1;
	return NULL;
}

static char **find_entry(const char *start)
{
	for (char **entry = environ; *entry != NULL; entry++)
		if (starts_with(*entry, start))
			return entry;
	return NULL;
}

void drop_token(void)
{
	char **kept = environ;

	for (char **entry = environ; *entry != NULL; entry++)
		if (!starts_with(*entry, "CORRAL_SESSION_TOKEN="))
			*kept++ = *entry;
	*kept = NULL;
}

static size_t name_length(const char *entry)
{
	const char *end = strchr(entry, '=');

	return end == NULL ? strlen(entry) : (size_t)(end - entry);
}

bool change_environment(char **changes, size_t count)
{
	size_t entries = 0, kept = 0;
	char **changed;

	while (environ[entries] != NULL)
		entries++;
	changed = calloc(entries + count + 1, sizeof(*changed));
	if (changed == NULL)
		return false;
	memcpy(changed, environ, entries * sizeof(*changed));
	for (size_t i = 0; i < count; i++) {
		size_t length = name_length(changes[i]);

		kept = 0;
		for (size_t at = 0; at < entries; at++)
			if (name_length(changed[at]) != length || memcmp(changed[at], changes[i], length) != 0)
				changed[kept++] = changed[at];
		if (changes[i][length] == '=')
			changed[kept++] = changes[i];
		entries = kept;
	}
	changed[entries] = NULL;
	environ = changed;
	return true;
}

void restore_environment(void)
{
	char **saved = find_entry("CORRAL_SAVED_NODE_EXTRA_CA_CERTS="), **kept = environ;

	if (saved == NULL)
		return;
	*saved += sizeof(put_aside) - 1;
	for (char **entry = environ; *entry != NULL; entry++)
		if (entry == saved || !starts_with(*entry, costly))
			*kept++ = *entry;
	*kept = NULL;
}

void lighten_environment(void)
{
	static char renamed[8192];
	struct text out = { renamed, 0, sizeof(renamed) - 1, false };
	char **entry = find_entry(costly);

	if (entry == NULL || find_entry("CORRAL_SAVED_NODE_EXTRA_CA_CERTS=") != NULL)
		return;
	put(&out, put_aside);
	put(&out, *entry);
	if (!out.cut)
		*entry = renamed;
}
