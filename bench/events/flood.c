/* SPDX-License-Identifier: Apache-2.0 */
/* flood SECONDS: asks for a file that is not there as fast as it goes. Prints how often. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 1);
	long count = 0;

	while (time(NULL) < end)
		for (int i = 0; i < 1000; i++, count++)
			open("/corral-flood", O_RDONLY);
	printf("%ld\n", count);
	return 0;
}
