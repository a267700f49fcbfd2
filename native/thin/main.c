/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 0 && is_shim(argv[0]))
		shim_main(argv);
	if (argc > 3 && strcmp(argv[1], "tool") == 0 && strcmp(argv[2], "run") == 0)
		tool_run(argc, argv);
	if (argc > 2 && strcmp(argv[1], "run") == 0)
		run_run(argc, argv);
	become_node(argc, argv);
}
