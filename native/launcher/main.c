/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char usage[] = "usage: corral-launch run|tether|restore|warm [options]; started by corral, see native/BOUNDARY.md\n";

	if (argc >= 2 && strcmp(argv[1], "run") == 0)
		return run_main(argc - 2, argv + 2);
	if (argc >= 2 && strcmp(argv[1], "tether") == 0)
		return tether_main(argc - 2, argv + 2);
	if (argc >= 2 && strcmp(argv[1], "restore") == 0)
		return restore_main(argc - 2, argv + 2);
	if (argc >= 2 && strcmp(argv[1], "warm") == 0)
		return warm_main(argc - 2, argv + 2);
	if (write(STDERR_FILENO, usage, sizeof(usage) - 1) < 0)
		return EXIT_NOT_STARTED;
	return EXIT_NOT_STARTED;
}
