import { expect, test } from "vitest";
import {
  isAtOrBelow,
  parseMounts,
  planCServer,
  planExtraBinds,
  planRustServer,
  renderShareScript,
} from "./shared-tree.ts";

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 254:1 / /home rw,relatime shared:5 - ext4 /dev/vdb rw
41 40 254:2 / /home/a\\040b rw,relatime - xfs /dev/vdc rw
42 27 0:30 / /run/user/0 rw - tmpfs tmpfs rw
43 27 0:31 / /mnt/nfs rw - nfs4 server:/ rw
`;
const mounts = parseMounts(mountinfo);

test("mount points are unescaped", () => {
  expect(mounts.map(({ mountPoint }) => mountPoint)).toEqual([
    "/proc",
    "/",
    "/home",
    "/home/a b",
    "/run/user/0",
    "/mnt/nfs",
  ]);
});

test("only file systems that hold a needed path are shared, parents first", () => {
  expect(planExtraBinds(mounts, ["/home/a b/project", "/usr/bin"])).toEqual(["/home", "/home/a b"]);
  expect(planExtraBinds(mounts, ["/home", "/srv"])).toEqual(["/home"]);
});

test("what the guest mounts for itself is never shared", () => {
  expect(planExtraBinds(mounts, ["/run/user/0/project", "/proc/self"])).toEqual([]);
});

test("every place is made read-only before virtiofsd starts", () => {
  expect(renderShareScript("/tmp/vm/root", ["/home/a'b"], ["/usr/lib/qemu/virtiofsd", "-f"])).toBe(
    [
      "mount --bind '/' '/tmp/vm/root' &&",
      "mount -o remount,ro,bind '/tmp/vm/root' &&",
      "mount --bind '/home/a'\\''b' '/tmp/vm/root/home/a'\\''b' &&",
      "mount -o remount,ro,bind '/tmp/vm/root/home/a'\\''b' &&",
      "exec '/usr/lib/qemu/virtiofsd' '-f'",
    ].join("\n"),
  );
});

test("both servers cache for good, since the guest lives shorter than the files", () => {
  expect(planCServer("/c", "/s", "/ro")).toEqual([
    "/c",
    "--socket-path=/s",
    "-o",
    "source=/ro",
    "-o",
    "cache=always",
    "-f",
  ]);
  expect(planRustServer("/r", "/s", "/ro")).toEqual([
    ...[
      "/r",
      "--socket-path=/s",
      "--shared-dir=/ro",
      "--sandbox=chroot",
      "--cache=always",
      "--inode-file-handles=prefer",
    ],
  ]);
});

test("a directory does not hold its namesakes", () => {
  expect(isAtOrBelow("/tmpfoo", "/tmp")).toBe(false);
  expect(isAtOrBelow("/tmp", "/tmp")).toBe(true);
  expect(isAtOrBelow("/tmp/x", "/")).toBe(true);
});
