/* SPDX-License-Identifier: Apache-2.0 */
/* `corral tool run`: a command line in which nothing needs an explanation. All others are Node's, which knows the mistakes. */
#include "thin.h"

#include <string.h>
#include <unistd.h>

/* The same bytes in UTF-16 units at most; longer names are for the guard to judge, by Node. */
#define LONGEST_SESSION 255

struct flags {
	const char *session, *hint, *report, *socket;
};

/* The first word of the command; 0: not plainly one. */
static int read_flags(int argc, char **argv, struct flags *flags)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "--session", &flags->session },
		{ "--hint", &flags->hint },
		{ "--report", &flags->report },
		{ "--socket", &flags->socket },
	};
	const size_t count = sizeof(known) / sizeof(known[0]);

	for (int at = 3; at < argc; at++) {
		size_t index = 0;

		if (strcmp(argv[at], "--") == 0)
			return at + 1 < argc ? at + 1 : 0;
		if (argv[at][0] != '-' || argv[at][1] == '\0')
			return at;
		while (index < count && strcmp(argv[at], known[index].name) != 0)
			index++;
		if (index == count || *known[index].value != NULL || at + 1 == argc || argv[at + 1][0] == '-')
			return 0;
		*known[index].value = argv[++at];
	}
	return 0;
}

/* What Node decodes must not become another name on the way. */
static bool is_plain_name(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80)
			return false;
	return strlen(text) <= LONGEST_SESSION;
}

void tool_run(int argc, char **argv)
{
	struct flags flags = { NULL, NULL, NULL, NULL };
	int command = read_flags(argc, argv, &flags), connection, status;
	struct tool tool;

	if (command == 0 || argv[command][0] == '\0' || (flags.report != NULL && !report_is_plain(flags.report)))
		return;
	tool = (struct tool){
		.session = flags.session, .hint = flags.hint, .report = flags.report, .file = argv[command], .argv = argv + command
	};
	if (tool.session == NULL && variable("CORRAL_SESSION") != NULL && variable("CORRAL_SESSION")[0] != '\0')
		tool.session = variable("CORRAL_SESSION");
	if (tool.hint == NULL)
		tool.hint = variable("AGENT_RESOURCE_HINT");
	if (tool.session != NULL && !is_plain_name(tool.session))
		return;
	connection = guard_connect(flags.socket != NULL ? flags.socket : guard_socket());
	if (connection < 0)
		return;
	hold_signals();
	if (run_call(connection, &tool, &status) == RAN)
		_exit(status);
	release_signals();
	close(connection);
}
