import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TarFile } from "./tar.ts";
import { tarOf } from "./tar.ts";

const long = `${"directory/".repeat(14)}${"n".repeat(90)}`;
const files: readonly TarFile[] = [
  { path: "run", mode: 0o700, content: Buffer.from("#!/bin/sh\n") },
  { path: "empty", mode: 0o600, content: Buffer.alloc(0) },
  { path: "a/block", mode: 0o644, content: Buffer.alloc(512, "x") },
  { path: `ä/${"m".repeat(95)}`, mode: 0o644, content: Buffer.from("more than a block ".repeat(100)) },
  { path: long, mode: 0o755, content: Buffer.from([0, 255, 10]) },
];

test("tar(1) unpacks an archive to the same files with their modes", () => {
  const directory = mkdtempSync(join(tmpdir(), "corral-tar-"));
  try {
    execFileSync("tar", ["-xpf", "-", "-C", directory], { input: tarOf(files) });
    for (const { path, mode, content } of files) {
      expect(readFileSync(join(directory, path)).equals(content), path).toBe(true);
      expect(statSync(join(directory, path)).mode & 0o777, path).toBe(mode);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the same files are the same bytes", () => {
  expect(tarOf(files).equals(tarOf(files.map((one) => ({ ...one }))))).toBe(true);
});

test("a path that no header can hold is refused", () => {
  expect(() => tarOf([{ path: "n".repeat(101), mode: 0, content: Buffer.alloc(0) }])).toThrow("is too long");
});
