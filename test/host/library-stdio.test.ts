import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import type { StdioOption } from "../../src/index.ts";
import { run } from "../../src/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { benchMark, benchOptions, runProgram } from "../shared/library.ts";
import { stateOf } from "../shared/processes.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const options = { ...benchOptions(bench), env: benchMark(bench) };

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

test("ten MiB go in and come out whole, both ways at once", async () => {
  const input = randomBytes(10 * 1024 * 1024);
  const job = await run("sh", ["-c", "tee /dev/stderr"], { ...options, stdio: "pipe" });
  const [, out, err] = await Promise.all([
    pipeline(Readable.from([input]), job.stdin),
    bytesOf(job.stdout),
    bytesOf(job.stderr),
  ]);
  const { exit_code } = await job.result;
  assert.deepEqual([exit_code, digest(out), digest(err)], [0, digest(input), digest(input)]);
});

test("a workload that is not read waits, and what it writes is not hoarded here", async () => {
  const job = await run("head", ["-c", "4000000", "/dev/zero"], { ...options, stdio: ["ignore", "pipe", "inherit"] });
  await once(job.stdout, "readable");
  await until("the workload waits to be read", () => stateOf(job.pid) === "S");
  const { readableLength } = job.stdout;
  assert.ok(readableLength > 0 && readableLength < 400_000, `${readableLength} bytes are held`);
  assert.equal((await bytesOf(job.stdout)).length, 4_000_000);
  assert.equal((await job.result).exit_code, 0);
});

test("a writer is told to wait while the workload does not read", async () => {
  const job = await run("sh", ["-c", "sleep 0.3; wc -c"], { ...options, stdio: ["pipe", "pipe", "inherit"] });
  assert.equal(job.stdin.write(Buffer.alloc(1_000_000)), false);
  await once(job.stdin, "drain");
  job.stdin.end();
  assert.equal((await bytesOf(job.stdout)).toString().trim(), "1000000");
});

test("the workload's own ends block, as programs expect it", async () => {
  const script = "for fd in 0 1 2; do grep flags /proc/self/fdinfo/$fd; done";
  const job = await run("sh", ["-c", script], { ...options, stdio: "pipe" });
  const flags = (await bytesOf(job.stdout)).toString().trim().split("\n");
  const nonBlocking = flags.filter((line) => (Number.parseInt(line.split("\t")[1] ?? "", 8) & 0o4000) !== 0);
  assert.deepEqual([flags.length, nonBlocking], [3, []]);
});

test("a workload that ends before it has read its input is no error of this program", async () => {
  const job = await run("true", { ...options, stdio: ["pipe", "ignore", "ignore"] });
  await job.result;
  const closed = new Promise((resolve) => job.stdin.once("close", resolve));
  job.stdin.write("too late");
  await closed;
  assert.equal(job.stdin.destroyed, true);
});

test("by default there is nothing to read, and output goes where this program's goes", async () => {
  const program = `const job = await corral.run("sh", ["-c", "wc -c; echo err >&2"]);
    console.log((await job.result).exit_code, job.stdin, job.stdout, job.stderr);`;
  assert.deepEqual(await runProgram(bench, program), {
    status: 0,
    signal: null,
    stdout: "0\n0 null null null\n",
    stderr: "err\n",
  });
});

test("files are opened for the workload: input, output that is emptied, output that goes on", async () => {
  const [input, output, appended] = ["in", "out", "log"].map((name) => bench.fresh(name)) as [string, string, string];
  writeFileSync(input, "from a file");
  for (const path of [output, appended]) writeFileSync(path, "before ");
  const stdio = [{ file: input }, { file: output }, { file: appended, append: true }] as const;
  const job = await run("sh", ["-c", "cat; printf err >&2"], { ...options, stdio });
  assert.equal((await job.result).exit_code, 0);
  assert.deepEqual(
    [output, appended].map((path) => readFileSync(path, "utf8")),
    ["from a file", "before err"],
  );
});

test("a descriptor and a FileHandle stay the caller's", async () => {
  const path = bench.fresh("both");
  const fd = openSync(path, "a");
  const handle = await open(path, "a");
  const job = await run("sh", ["-c", "echo one; echo two >&2"], { ...options, stdio: ["ignore", fd, handle] });
  await job.result;
  await handle.write("three\n");
  assert.equal(readFileSync(path, "utf8"), "one\ntwo\nthree\n");
  closeSync(fd);
  await handle.close();
});

for (const [stdio, message] of [
  ["tty", 'stdio[0] knows inherit, ignore and pipe, not "tty"'],
  [["pipe"], "stdio expects a word, or one entry for each of stdin, stdout and stderr"],
  [["ignore", -1, "ignore"], "stdio[1] is not an open descriptor: -1"],
  [["ignore", "pipe", { path: "x" }], "there is no option path"],
  [["pipe", { file: "/no/such/x" }, "ignore"], "stdio: cannot open /no/such/x for stdout: ENOENT"],
] as const) {
  test(`stdio ${JSON.stringify(stdio)} is refused, and nothing stays open: ${message}`, async () => {
    const bad = { ...options, stdio: stdio as unknown as StdioOption };
    await assert.rejects(run("true", bad), { code: "USAGE", message });
  });
}

test("output that goes on after the leader ended still comes", async () => {
  const job = await run("sh", ["-c", "(sleep 0.2; echo late) & echo soon"], {
    ...options,
    jobId: "late",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = bytesOf(job.stdout);
  assert.notDeepEqual((await job.result).survivors, []);
  assert.equal((await output).toString(), "soon\nlate\n");
  await until("the last process is gone", () => bench.leftovers().processes.length === 0);
  await bench.discard("late");
});

expectNoLeftovers(bench);
