/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Called as `bash`: what stands before the real one on PATH. A command of it (`-c`) is a tool call of its session; all else,
 * and whatever belongs to no session, becomes the real one at once.
 */
#include "thin.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char last_resort[] = "/bin/bash";

static const char *base_name(const char *path)
{
	const char *name = path;

	for (const char *at = path; *at != '\0'; at++)
		if (*at == '/')
			name = at + 1;
	/* A login shell's name begins with a dash. */
	return *name == '-' ? name + 1 : name;
}

bool is_shim(const char *name)
{
	return strcmp(base_name(name), "bash") == 0;
}

/* Whether a word is a long option of bash, written with one dash or two, and how many words it takes. */
static int long_option(const char *word)
{
	static const char *const alone[] = {
		"debug", "debugger", "dump-po-strings", "dump-strings", "help", "login", "noediting", "noprofile", "norc",
		"posix", "pretty-print", "protected", "restricted", "verbose", "version", "wordexp",
	};
	static const char *const with_value[] = { "init-file", "rcfile" };
	const char *name = word + (word[0] == '-' && word[1] == '-' ? 2 : 1);

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (strcmp(name, alone[i]) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++)
		if (strcmp(name, with_value[i]) == 0)
			return 2;
	return 0;
}

/*
 * Whether bash would take a command from its words: bash(1), OPTIONS. Long options come first, then words of letters, of
 * which `o` and `O` each take a word that follows; `-`, `--` and the first word without a dash or a plus end them.
 */
static bool has_command(char **argv)
{
	bool command = false;
	char **word = argv + 1;

	while (*word != NULL && (*word)[0] == '-' && (*word)[1] != '\0') {
		int takes = long_option(*word);

		if (takes == 0)
			break;
		while (takes-- > 0 && *word != NULL)
			word++;
	}
	for (; *word != NULL && ((*word)[0] == '-' || (*word)[0] == '+'); word++) {
		char **value = word;

		if ((*word)[1] == '\0' || strcmp(*word, "--") == 0)
			break;
		for (const char *letter = *word + 1; *letter != '\0'; letter++) {
			command = command || (*letter == 'c' && (*word)[0] == '-');
			if ((*letter == 'o' || *letter == 'O') && value[1] != NULL)
				value++;
		}
		word = value;
	}
	return command;
}

/* A copy of this program has another inode, and is it all the same. */
static bool same_content(const char *path, const char *other)
{
	static char one[4096], two[4096];
	int first = open(path, O_RDONLY | O_CLOEXEC), second = open(other, O_RDONLY | O_CLOEXEC);
	bool same = first >= 0 && second >= 0;

	while (same) {
		ssize_t length = read(first, one, sizeof(one)), more = read(second, two, sizeof(two));

		same = length == more && length >= 0 && memcmp(one, two, (size_t)length) == 0;
		if (length == 0)
			break;
	}
	if (first >= 0)
		close(first);
	if (second >= 0)
		close(second);
	return same;
}

static bool is_other_program(const char *path)
{
	struct stat self, found;

	if (fstatat(AT_FDCWD, path, &found, 0) < 0 || !S_ISREG(found.st_mode) || access(path, X_OK) < 0)
		return false;
	if (fstatat(AT_FDCWD, "/proc/self/exe", &self, 0) < 0)
		return true;
	if (self.st_dev == found.st_dev && self.st_ino == found.st_ino)
		return false;
	return self.st_size != found.st_size || !same_content("/proc/self/exe", path);
}

/* The next bash on PATH that is not this one. */
static const char *find_bash(void)
{
	static char candidate[PATH_MAX + 8];
	const char *named = variable("CORRAL_REAL_BASH"), *at = variable("PATH");

	if (named != NULL && named[0] != '\0' && is_other_program(named))
		return named;
	while (at != NULL && *at != '\0') {
		const char *end = at;

		while (*end != '\0' && *end != ':')
			end++;
		if (end > at && end - at < PATH_MAX) {
			memcpy(candidate, at, (size_t)(end - at));
			strcpy(candidate + (end - at), "/bash");
			if (is_other_program(candidate))
				return candidate;
		}
		at = *end == '\0' ? end : end + 1;
	}
	return is_other_program(last_resort) ? last_resort : NULL;
}

/*
 * Inside of a call all is the call's already: a call of its own would get a budget of its own, beside that of the
 * one it is made in.
 */
static bool is_in_call(void)
{
	static char lines[8192];
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, lines, sizeof(lines) - 1);

	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return false;
	lines[length] = '\0';
	for (const char *at = strchr(lines, '/'); at != NULL; at = strchr(at + 1, '/'))
		if (strncmp(at, "/tools/tool_", 12) == 0)
			return true;
	return false;
}

/* How a call ended, when there was one. */
static bool run_as_call(const char *bash, char **argv, int *status)
{
	const char *session = variable("CORRAL_SESSION");
	struct tool tool = {
		.session = session != NULL && session[0] != '\0' ? session : NULL,
		.hint = variable("AGENT_RESOURCE_HINT"),
		.report = NULL,
		.file = bash,
		.argv = argv,
		.shim = true,
	};
	int connection = guard_connect(guard_socket());
	bool ran;

	if (connection < 0)
		return false;
	hold_signals();
	ran = run_call(connection, &tool, status) == RAN;
	release_signals();
	close(connection);
	return ran;
}

void shim_main(char **argv)
{
	const char *bash = find_bash(), *disabled = variable("AGENTCG_DISABLE");
	int status;

	if (bash == NULL) {
		say("there is no bash but this stand-in; name the real one in CORRAL_REAL_BASH");
		_exit(EXIT_NOT_FOUND);
	}
	if (has_command(argv) && (disabled == NULL || strcmp(disabled, "1") != 0) && !is_in_call() &&
	    run_as_call(bash, argv, &status))
		_exit(status);
	execvp(bash, argv);
	say("the real bash cannot be executed; name another one in CORRAL_REAL_BASH");
	_exit(EXIT_NOT_EXECUTABLE);
}
