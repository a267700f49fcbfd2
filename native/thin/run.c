/* SPDX-License-Identifier: Apache-2.0 */
/* `corral run` where a guard answers: its command line goes there as it is, and whatever is not for the guard is Node's. */
#include "thin.h"

#include <string.h>
#include <unistd.h>

/* What the guard takes in one request (src/guard/rpc). */
#define MOST_REQUEST (64 * 1024)

/* The variables that a command line of `corral run` is read with. */
static const char *const read_with[] = { "CORRAL_STATE_DIR", "CORRAL_CGROUP_PARENT" };

static bool wants_no_guard(char **argv)
{
	const char *wish = variable("CORRAL_NO_DAEMON");

	/* What comes after a flag is never taken for its value when it begins with a dash. */
	for (char **word = argv + 2; *word != NULL && strcmp(*word, "--") != 0; word++)
		if (strcmp(*word, "--no-daemon") == 0)
			return true;
	return wish != NULL && wish[0] != '\0';
}

static bool put_text(struct text *out, const char *text)
{
	if (!utf8_valid(text))
		return false;
	put(out, "\"");
	put_escaped(out, text, MOST_REQUEST, false);
	put(out, "\"");
	return true;
}

/* False for bytes that are not UTF-8, which JSON cannot carry, and for what is too long. */
static bool put_request(struct text *out, char **argv)
{
	bool any = false;

	put(out, "{\"words\":[");
	for (char **word = argv + 1; *word != NULL; word++) {
		if (word != argv + 1)
			put(out, ",");
		if (!put_text(out, *word))
			return false;
	}
	put(out, "],\"environment\":{");
	for (size_t i = 0; i < sizeof(read_with) / sizeof(read_with[0]); i++) {
		const char *value = variable(read_with[i]);

		if (value == NULL)
			continue;
		put(out, any ? ",\"" : "\"");
		put(out, read_with[i]);
		put(out, "\":");
		if (!put_text(out, value))
			return false;
		any = true;
	}
	put(out, "}}");
	return !out->cut;
}

void run_run(int argc, char **argv)
{
	static char bytes[MOST_REQUEST];
	struct text request = { bytes, 0, sizeof(bytes), false };
	int connection, status;

	if (wants_no_guard(argv) || geteuid() != 0)
		return;
	connection = guard_connect(guard_socket());
	if (connection < 0)
		return;
	if (put_request(&request, argv)) {
		hold_signals();
		if (run_job(connection, argc, argv, (struct span){ request.bytes, request.used }, &status))
			_exit(status);
		release_signals();
	}
	close(connection);
}
