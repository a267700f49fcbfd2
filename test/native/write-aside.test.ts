import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeControlAside } from "../../src/cgroup/index.ts";
import { addonStatus } from "../../src/kernel/index.ts";
import { withoutAddon } from "./support.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-aside-"));
after(() => rmSync(directory, { recursive: true }));

/** Twice as many as libuv's pool has threads. */
const stuck = 8;

test("a write replaces nothing and adds nothing: it is one write to the file", async () => {
  const path = join(directory, "plain");
  writeFileSync(path, "before-more");
  await writeControlAside(path, "after");
  assert.equal(readFileSync(path, "utf8"), "aftere-more");
});

test("what the kernel refuses is told like any other write's", async () => {
  const path = join(directory, "absent");
  const error = { code: "CGROUP_IO", object: path, found: "ENOENT" };
  await assert.rejects(writeControlAside(path, "1"), error);
  await withoutAddon(() => assert.rejects(writeControlAside(path, "1"), error));
  await assert.rejects(writeControlAside("/dev/full", "1"), { code: "CGROUP_IO", found: "ENOSPC" });
});

test("writes that hang hold up no others, nor what uses libuv's pool", { timeout: 60_000 }, async () => {
  // open(2) of a FIFO waits for who reads it, as a control file may wait for the kernel.
  const fifos = Array.from({ length: stuck }, (_, at) => join(directory, `fifo-${at}`));
  for (const fifo of fifos) assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
  let settled = 0;
  const writes = fifos.map(async (fifo) => {
    await writeControlAside(fifo, "late");
    settled += 1;
  });
  const path = join(directory, "beside");
  writeFileSync(path, "");
  await writeControlAside(path, "in time");
  assert.equal(await readFile(path, "utf8"), "in time");
  assert.equal(settled, 0);
  const readers = await Promise.all(fifos.map((fifo) => open(fifo, constants.O_RDONLY | constants.O_NONBLOCK)));
  await Promise.all(writes);
  assert.equal(settled, stuck);
  for (const reader of readers) {
    assert.equal((await reader.read(Buffer.alloc(4), 0, 4)).buffer.toString(), "late");
    await reader.close();
  }
});

test("a process ends although a write of its hangs", () => {
  const fifo = join(directory, "never");
  assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
  const program = `const loaded = { exports: {} };
    process.dlopen(loaded, ${JSON.stringify(addonStatus().path)});
    void loaded.exports.writeAside(${JSON.stringify(fifo)}, "1", ${constants.O_WRONLY});
    setTimeout(() => process.exit(7), 100);`;
  const { status, signal, stderr } = spawnSync(process.execPath, ["-e", program], {
    timeout: 30_000,
    encoding: "utf8",
  });
  assert.deepEqual([status, signal], [7, null], stderr);
});
