import { expect, test } from "vitest";
import { findV2Mount } from "./cgroup-id.ts";
import { boundArgv } from "./process-details.ts";

test("arguments are cut off after 512 bytes, each ended by a NUL, and never within a character", () => {
  const fits = ["a".repeat(255), "b".repeat(255)];
  expect(boundArgv(fits)).toEqual({ argv: fits, argvTruncated: false });
  expect(boundArgv([...fits, ""])).toEqual({ argv: [...fits, ""], argvTruncated: true });
  expect(boundArgv(["a".repeat(511), "b"])).toEqual({ argv: ["a".repeat(511), ""], argvTruncated: true });
  expect(boundArgv([`${"a".repeat(511)}\u00e4`])).toEqual({ argv: ["a".repeat(511)], argvTruncated: true });
  expect(boundArgv([])).toEqual({ argv: [], argvTruncated: false });
});

test("the mount of cgroup v2 is found wherever it is, and one of a part of it is not taken", () => {
  const line = (root: string, point: string, type: string) =>
    `33 24 0:28 ${root} ${point} rw shared:9 - ${type} none rw`;
  expect(findV2Mount(`${line("/", "/sys", "sysfs")}\n${line("/", "/sys/fs/cgroup/unified", "cgroup2")}\n`)).toBe(
    "/sys/fs/cgroup/unified",
  );
  expect(findV2Mount(line("/a", "/b", "cgroup2"))).toBeNull();
  expect(findV2Mount(line("/", "/sys/fs/cgroup/cpu", "cgroup"))).toBeNull();
});
