/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First program of a guest whose kernel has no virtiofs built in. It runs in the initramfs that vm/initramfs.ts makes: loads
 * /modules/00.ko, 01.ko, … in that order, puts the host's files where the initramfs is, and becomes the guest's init.
 *
 * System calls: finit_module(2), mount(2), chroot(2), execve(2), mknod(2), reboot(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The kernel's console is the only place where somebody may look. */
static void fail(const char *what)
{
	char line[256];
	int fd, length = snprintf(line, sizeof(line), "corral-vm: %s: %s\n", what, strerror(errno));

	mknod("/kmsg", S_IFCHR | 0600, makedev(1, 11));
	fd = open("/kmsg", O_WRONLY);
	if (fd >= 0 && write(fd, line, length) < 0)
		perror(line);
	reboot(RB_POWER_OFF);
	exit(1);
}

static void load_modules(void)
{
	char path[32];

	for (int number = 0; number < 100; number++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%02d.ko", number);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			fail(path);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *directory = getenv("CORRAL_VM_DIR");
	char init[4096];

	(void)argc;
	load_modules();
	if (mount("rootfs", "/root", "virtiofs", MS_RDONLY, NULL) < 0)
		fail("mount of the host's files");
	/* The root of an initramfs cannot be unmounted, only covered. */
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		fail("change of the root");
	snprintf(init, sizeof(init), "%s/guest/init", directory == NULL ? "" : directory);
	argv[0] = init;
	execv(init, argv);
	fail(init);
	return 1;
}
