import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { killGroupAt } from "./kill-group.ts";

test("where there is no cgroup.kill each process is killed, also below", async () => {
  const directory = mkdtempSync(join(tmpdir(), "corral-kill-"));
  const children = [spawn("sleep", ["1000"]), spawn("sleep", ["1000"])];
  const ends = children.map((child) => once(child, "exit"));
  try {
    mkdirSync(join(directory, "below"));
    for (const [at, child] of children.entries())
      writeFileSync(join(directory, at === 0 ? "." : "below", "cgroup.procs"), `${child.pid}\n`);
    await killGroupAt(directory);
    expect(await Promise.all(ends)).toEqual([
      [null, "SIGKILL"],
      [null, "SIGKILL"],
    ]);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
});

test("where there is one it is written, and a refusal is told", async () => {
  const directory = mkdtempSync(join(tmpdir(), "corral-kill-"));
  const file = join(directory, "cgroup.kill");
  try {
    writeFileSync(file, "");
    await killGroupAt(directory);
    expect(readFileSync(file, "utf8")).toBe("1");
    rmSync(file);
    mkdirSync(file);
    await expect(killGroupAt(directory)).rejects.toMatchObject({ code: "CGROUP_IO", found: "EISDIR" });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
