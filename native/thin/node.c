/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From prebuilds/<platform>-<arch>/corral. */
static const char program[] = "/dist/corral.cjs";
#define FOLDERS_UP 3

bool own_path(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length <= 0)
		return false;
	path[length] = '\0';
	return true;
}

static bool find_program(char *path, size_t size)
{
	size_t length;

	if (!own_path(path, size))
		return false;
	length = strlen(path);
	for (int up = 0; up < FOLDERS_UP; up++) {
		while (length > 0 && path[length - 1] != '/')
			length--;
		if (length == 0)
			return false;
		length--;
	}
	if (length + sizeof(program) > size)
		return false;
	memcpy(path + length, program, sizeof(program));
	return true;
}

void become_node(int argc, char **argv)
{
	char path[PATH_MAX];
	char **words = calloc((size_t)argc + 3, sizeof(*words));

	if (words == NULL || !find_program(path, sizeof(path))) {
		say("the program of this installation cannot be found; is /proc mounted?");
		_exit(EXIT_CORRAL);
	}
	words[0] = "node";
	words[1] = path;
	for (int i = 1; i < argc; i++)
		words[i + 1] = argv[i];
	lighten_environment();
	execvp(words[0], words);
	say("node is not on PATH; install Node 20.20 or newer");
	_exit(EXIT_CORRAL);
}
