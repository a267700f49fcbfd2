/** Which file an exec tells, on the host and on every kernel that the suite boots. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, type TestContext, test } from "node:test";
import type { ExecEvent, TraceEvent } from "../../src/events/index.ts";
import { openTraceSource } from "../../src/events/index.ts";
import { until } from "../shared/timing.ts";

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "corral-files-")));
after(() => rmSync(folder, { recursive: true }));

function copyOf(program: string, file: string): string {
  copyFileSync(program, file);
  chmodSync(file, 0o755);
  return file;
}

/** Follows the events of the bpf source, or skips the test with the reason why there is none. */
async function followBpf(t: TestContext): Promise<readonly TraceEvent[] | null> {
  const { source, refused } = await openTraceSource({});
  t.after(() => source.close());
  if (source.name !== "bpf") {
    t.skip(`no bpf source: ${refused.map(({ reason }) => reason).join("; ")}`);
    return null;
  }
  const events: TraceEvent[] = [];
  void (async () => {
    for await (const event of source) events.push(event);
  })();
  return events;
}

const execsOf = (events: readonly TraceEvent[], tgid: number): ExecEvent[] =>
  events.flatMap((event) => (event.kind === "exec" && event.tgid === tgid ? [event] : []));

const hasEnded = (events: readonly TraceEvent[], tgid: number): boolean =>
  events.some((event) => event.kind === "exit" && event.tgid === tgid);

test("an exec tells the path that was given and the file that runs", async (t) => {
  const real = copyOf("/bin/true", path.join(folder, "real"));
  const gone = copyOf("/bin/true", path.join(folder, "gone"));
  symlinkSync("real", path.join(folder, "link"));
  writeFileSync(path.join(folder, "script"), "#!/bin/sh\n", { mode: 0o755 });
  const deleted = "exec 3<gone; rm gone; exec /proc/self/fd/3";
  const events = await followBpf(t);
  if (events === null) return;
  for (const { what, run, filename, exe } of [
    { what: "absolute", run: ["/bin/true"], filename: "/bin/true", exe: realpathSync("/bin/true") },
    { what: "relative", run: ["./real"], filename: "./real", exe: real },
    { what: "a symlink", run: ["./link"], filename: "./link", exe: real },
    { what: "a script", run: ["./script"], filename: "./script", exe: realpathSync("/bin/sh") },
    { what: "deleted", run: ["/bin/bash", "-c", deleted], filename: "/proc/self/fd/3", exe: gone },
  ]) {
    // The loop is held up until the process is gone: nothing but the kernel can have told its file.
    const { pid, status } = spawnSync(run[0] ?? "", run.slice(1), { cwd: folder });
    assert.equal(status, 0, what);
    await until(`the end of what is ${what}`, () => hasEnded(events, pid));
    const last = execsOf(events, pid).at(-1);
    assert.deepEqual([last?.filename, last?.exe], [filename, exe], what);
  }
});

test("a file too deep for the walk is told of by /proc while the process runs, and is not known after it", async (t) => {
  // The walk takes 512 steps, and PATH_MAX leaves room for more.
  const deep = path.join(folder, ...Array.from({ length: 600 }, () => "d"));
  mkdirSync(deep, { recursive: true });
  const file = copyOf("/bin/sleep", path.join(deep, "deep"));
  const events = await followBpf(t);
  if (events === null) return;
  const child = spawn(file, ["600"], { stdio: "ignore" });
  await once(child, "spawn");
  const tgid = child.pid ?? 0;
  await until("its exec", () => execsOf(events, tgid).length > 0);
  child.kill();
  await until("its end", () => hasEnded(events, tgid));
  const { pid } = spawnSync(file, ["0"]);
  await until("the end of the second", () => hasEnded(events, pid));
  const told = [tgid, pid].map((one) => execsOf(events, one).map(({ exe }) => exe));
  assert.deepEqual(told, [[file], [null]]);
});
