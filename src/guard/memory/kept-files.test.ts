import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeptFiles } from "./kept-files.ts";

let home: string;
let files: KeptFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "corral-kept-"));
  files = new KeptFiles();
});
afterEach(() => {
  files.close();
  rmSync(home, { recursive: true });
});

/** Files below the test's directory that this process has open. */
const open = (): readonly string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(home) ? [path.slice(home.length + 1)] : [];
    } catch {
      return [];
    }
  });

test("a file is read from its begin each time, whatever it was before, and is opened once", () => {
  const path = join(home, "memory.current");
  for (const text of ["1000\n", "7\n", "123456\n"]) {
    writeFileSync(path, text);
    expect(files.read(path)).toBe(text);
  }
  expect(open()).toEqual(["memory.current"]);
});

test("what is not there is null, and is read once it is", () => {
  const path = join(home, "memory.high");
  expect(files.read(path)).toBe(null);
  writeFileSync(path, "max\n");
  expect(files.read(path)).toBe("max\n");
});

test("what can be opened and not read, as a file of a group that is gone, is null and not kept", () => {
  expect(files.read(home)).toBe(null);
  const inside = readdirSync("/proc/self/fd").length;
  expect([files.read(home), readdirSync("/proc/self/fd").length]).toEqual([null, inside]);
});

test("a file larger than any that is expected is read whole", () => {
  const path = join(home, "memory.stat");
  const text = "anon 1\n".repeat(5000);
  writeFileSync(path, text);
  expect(files.read(path)).toBe(text);
});

test("a file that was not read between two sweeps is closed, and all are at the end", () => {
  for (const name of ["a", "b"]) {
    writeFileSync(join(home, name), name);
    files.read(join(home, name));
  }
  files.sweep();
  files.read(join(home, "a"));
  files.sweep();
  expect(open()).toEqual(["a"]);
  files.close();
  expect(open()).toEqual([]);
});
