import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/kernel/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { stateOf } from "../shared/processes.ts";
import { program, requires } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const bench = openBench();
const cli = `${process.execPath} ${path.join(packageRoot(), "dist/corral.cjs")}`;

/** Runs a shell command on a pseudo-terminal whose keyboard is `type`. */
function onTerminal(command: string) {
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    env: { ...bench.env, SHELL: "/bin/sh" },
    cwd: bench.dir,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString("utf8");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), scaled(20_000));
  const status = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
  return { type: (keys: string) => void child.stdin.write(keys), status, screen: () => screen };
}

/** Waits for the pid that a workload writes as its first act. */
async function pidIn(file: string): Promise<number> {
  await until("the workload runs", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  return Number(readFileSync(file, "utf8"));
}

test("Ctrl-C on the terminal reaches the workload, and Corral exits as the workload does", async (t) => {
  if (!requires(t, program("script"))) return;
  const pidFile = bench.fresh("pid");
  const workload = `trap "echo interrupted; exit 7" INT; echo $$ > ${pidFile}; while :; do sleep 0.1; done`;
  const terminal = onTerminal(`exec ${cli} run -- sh -c '${workload}'`);
  await pidIn(pidFile);
  terminal.type("\x03");
  assert.equal(await terminal.status, 7);
  assert.match(terminal.screen(), /^.*interrupted\r\n/);
});

test("Ctrl-C that a workload does not handle ends it by SIGINT: status 130, no detaching", async (t) => {
  if (!requires(t, program("script"))) return;
  const pidFile = bench.fresh("pid");
  const terminal = onTerminal(`exec ${cli} run -- sh -c 'echo $$ > ${pidFile}; exec sleep 1000'`);
  await pidIn(pidFile);
  terminal.type("\x03");
  assert.equal(await terminal.status, 130);
  assert.doesNotMatch(terminal.screen(), /leaving/);
});

test("Ctrl-Z stops workload and Corral as one job of the shell, and fg resumes both", async (t) => {
  if (!requires(t, program("script"), program("bash"))) return;
  const pidFile = bench.fresh("pid");
  const go = bench.fresh("go");
  const workload = `echo $$ > ${pidFile}; while [ ! -e ${go} ]; do sleep 0.1; done; exit 5`;
  const script = `set -m; ${cli} run -- sh -c "${workload.replaceAll("$", "\\$")}"; echo stopped:$?; touch ${go}; fg; echo resumed:$?`;
  const terminal = onTerminal(`exec bash -c '${script}'`);
  const pid = await pidIn(pidFile);
  terminal.type("\x1a");
  await until("the shell sees a stopped job", () => terminal.screen().includes("stopped:"));
  assert.match(terminal.screen(), /stopped:148\r\n/);
  await terminal.status;
  assert.match(terminal.screen(), /resumed:5\r\n/);
  assert.equal(stateOf(pid), null);
});

test("the workload reads what is typed on the terminal", async (t) => {
  if (!requires(t, program("script"))) return;
  const pidFile = bench.fresh("pid");
  const terminal = onTerminal(`exec ${cli} run --quiet -- sh -c 'echo $$ > ${pidFile}; read line; echo "<$line>"'`);
  await pidIn(pidFile);
  terminal.type("typed words\n");
  assert.equal(await terminal.status, 0);
  assert.match(terminal.screen(), /<typed words>\r\n/);
});

test("policy run tells on a terminal what it is at, below its lines, and leaves no half line behind", async (t) => {
  if (!requires(t, program("script"))) return;
  const pidFile = bench.fresh("pid");
  const socket = path.join(bench.fresh("enrol"), "s");
  const policy = (flags: string): string =>
    `sh -c 'echo $$ >${pidFile}; exec ${cli} policy run --delay-sec 1h --sock-path ${socket} ${flags}'`;
  for (const [flags, isLive] of [
    ["", true],
    ["--quiet", false],
  ] as const) {
    const terminal = onTerminal(policy(flags));
    const pid = await pidIn(pidFile);
    await until("it serves its socket", () => existsSync(socket));
    if (isLive)
      await until("it is told", () =>
        /\r\x1b\[K\d+ process(es)? followed, \d+ deadlines? pending, (no )?rows/.test(terminal.screen()),
      );
    process.kill(pid, "SIGTERM");
    assert.equal(await terminal.status, 0);
    const [last = ""] = terminal.screen().split("\r\n").slice(-2);
    if (isLive) assert.match(last, /\r\x1b\[K\[corral\] SIGTERM: stopped; [^\r\x1b]*$/);
    else assert.equal(terminal.screen(), "");
    rmSync(pidFile);
  }
});

expectNoLeftovers(bench);
