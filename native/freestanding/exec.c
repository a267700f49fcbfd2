/* SPDX-License-Identifier: Apache-2.0 */
/* execvp(3) without libc (calls.c), as glibc does it. */
#ifdef CORRAL_FREESTANDING
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where programs are when the environment has no PATH. */
static const char default_path[] = "/bin:/usr/bin";

static const char *search_path(void)
{
	for (char **entry = environ; *entry != NULL; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			return *entry + 5;
	return default_path;
}

/* A file that the kernel does not know is given to the shell: `sh file args…`. */
static void exec_script(const char *file, char *const *argv)
{
	long count = 0;

	while (argv[count] != NULL)
		count++;
	const char *script[count + 3];

	script[0] = "/bin/sh";
	script[1] = file;
	script[2] = NULL;
	for (long i = 1; i < count; i++)
		script[i + 1] = argv[i];
	if (count > 0)
		script[count + 1] = NULL;
	syscall(SYS_execve, script[0], script, environ);
}

static void exec_file(const char *file, char *const *argv)
{
	syscall(SYS_execve, file, argv, environ);
	if (errno == ENOEXEC)
		exec_script(file, argv);
}

/* Failures that mean "not here": the search goes on. */
static bool goes_on(int error)
{
	return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR || error == ENODEV ||
	       error == ETIMEDOUT;
}

int execvp(const char *file, char *const *argv)
{
	size_t length = strlen(file);
	bool denied = false;
	char candidate[PATH_MAX + NAME_MAX + 2];

	errno = length > NAME_MAX && strchr(file, '/') == NULL ? ENAMETOOLONG : ENOENT;
	if (length == 0 || errno == ENAMETOOLONG)
		return -1;
	if (strchr(file, '/') != NULL) {
		exec_file(file, argv);
		return -1;
	}
	for (const char *at = search_path(), *end;; at = end + 1) {
		for (end = at; *end != '\0' && *end != ':';)
			end++;
		size_t directory = (size_t)(end - at);

		if (directory < PATH_MAX) {
			/* An empty entry is the working directory. */
			memcpy(candidate, at, directory);
			candidate[directory] = '/';
			memcpy(candidate + directory + (directory > 0), file, length + 1);
			exec_file(candidate, argv);
			if (!goes_on(errno))
				return -1;
			denied = denied || errno == EACCES;
		}
		if (*end == '\0')
			break;
	}
	if (denied)
		errno = EACCES;
	return -1;
}
#endif
