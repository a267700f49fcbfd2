import { expect, test } from "vitest";
import { resolveVmOptions, type VmOptions } from "./options.ts";

test("every default is filled in", () => {
  expect(resolveVmOptions({ command: ["true"] }, "/srv")).toEqual({
    command: ["true"],
    cwd: "/srv",
    visiblePaths: [],
    env: {},
    kernel: "debian-stable",
    modules: false,
    kernelArguments: [],
    cpus: 2,
    memoryMib: 2048,
    numaNodes: 1,
    disks: 1,
    init: "plain",
    timeoutMs: 600_000,
    passesSignal: false,
  });
});

test.each<[Partial<VmOptions>, string]>([
  [{ command: [] }, "vm command: expected a program to run, got nothing"],
  [{ cpus: 0 }, "vm cpus: expected a whole number from 1 to 64, got 0"],
  [{ cpus: 2, numaNodes: 3 }, "vm numaNodes: expected a whole number from 1 to 2, got 3"],
  [{ memoryMib: 100.5 }, "vm memoryMib: expected a whole number from 256 to 1048576, got 100.5"],
  [{ disks: 9 }, "vm disks: expected a whole number from 0 to 8, got 9"],
  [{ cwd: "relative" }, "vm cwd: expected an absolute path, got relative"],
  [{ env: { "a b": "" } }, "vm env: expected names of letters, digits and _, got a b"],
  [{ visiblePaths: ["relative"] }, "vm visiblePaths: expected an absolute path, got relative"],
  [{ visiblePaths: ["/srv", "/run/x.yaml"] }, "the guest cannot see /run/x.yaml: it has a /run of its own"],
  [{ command: ["a\0b"] }, "vm command: expected text without NUL bytes, got a NUL byte"],
])("%j is refused", (options, message) => {
  const resolve = () => resolveVmOptions({ command: ["true"], ...options }, "/");
  expect(resolve).toThrow(expect.objectContaining({ code: "USAGE", message }));
});
