/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-vmexit NONCE STATUS: the last program of a guest. Says how the command ended on the serial
 * console and switches the machine off. Started as root by the guest's run-job script.
 *
 * System calls: open(2), write(2), ioctl(2) through tcdrain(3), ioperm(2), reboot(2), and one outb
 * to QEMU's isa-debug-exit device at port 0x501, which ends QEMU with status (value << 1) | 1.
 * That leaves seven bits, so statuses above 127 reach the host through the console line only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#define EXIT_PORT 0x501

/* Writes text (may be empty) and waits until the device has handed everything to the host. */
static void say(const char *device, const char *text)
{
	int fd = open(device, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (*text != '\0' && write(fd, text, strlen(text)) < 0)
		perror(device);
	tcdrain(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	char line[128];
	int status;

	if (argc != 3) {
		fputs("usage: corral-vmexit NONCE STATUS\n", stderr);
		return 2;
	}
	status = atoi(argv[2]);

	say("/dev/hvc0", "");
	snprintf(line, sizeof(line), "\ncorral-vm %.64s exit %d\n", argv[1], status);
	say("/dev/ttyS0", line);

	if (ioperm(EXIT_PORT, 1, 1) == 0)
		outb((unsigned char)(status > 127 ? 127 : status), EXIT_PORT);
	reboot(RB_POWER_OFF);
	return 1;
}
