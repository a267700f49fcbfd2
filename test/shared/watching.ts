import { spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import path from "node:path";
import type { TestContext } from "node:test";
import type { WatchEventDocument } from "../../src/run/watch/index.ts";
import type { Bench, RunOptions } from "./bench.ts";
import { readProc } from "./processes.ts";
import type { Telling } from "./telling.ts";
import { listenTo } from "./telling.ts";
import { until } from "./timing.ts";

export type EventName = WatchEventDocument["event"];
export type EventOf<Name extends EventName> = Extract<WatchEventDocument, { event: Name }>;

/** A `corral watch --json` that runs. */
export interface Watching extends Telling<WatchEventDocument> {
  readonly file: string;
  /** Writes other rules and has them read; waits until that is told. */
  readonly reload: (text: string) => Promise<WatchEventDocument>;
}

const limitMs = 120_000;

/** Starts a watch over a file of these lines and waits for its beginning; what is left of it ends with the test. */
export async function startWatch(
  t: TestContext,
  bench: Bench,
  text: string,
  flags: readonly string[] = ["--on-stop", "release"],
  options: RunOptions = {},
): Promise<Watching> {
  const file = bench.fresh("watch.yaml");
  writeFileSync(file, text);
  const started = bench.start(["watch", "--json", "--config", file, ...flags], { limitMs, ...options });
  const telling = listenTo<WatchEventDocument>(t, started);
  const { all, told, events } = telling;
  let reloads = 0;
  await told("started");
  return {
    ...telling,
    file,
    reload: async (next) => {
      const done = (): readonly WatchEventDocument[] => [...all("reloaded"), ...all("reload_failed")];
      writeFileSync(file, next);
      reloads = done().length;
      started.kill("SIGHUP");
      await until("the file is read again", () => done().length > reloads);
      const last = events().findLast(({ event }) => event === "reloaded" || event === "reload_failed");
      if (last === undefined) throw new Error("no reload");
      return last;
    },
  };
}

/** A copy of a program under a path of the test's own, so that rules find nothing else. */
export function copyProgram(bench: Bench, name: string, original = "/bin/sleep"): string {
  const file = path.join(bench.dir, name);
  copyFileSync(original, file);
  return file;
}

export interface SpawnOptions {
  readonly uid?: number;
  readonly cwd?: string;
}

/** A program that the test started; it is killed at the end of the test. */
export interface Program {
  readonly pid: number;
  readonly ended: Promise<void>;
  /** Lets go of its standard input, or writes a line first. */
  readonly tell: (line?: string) => void;
}

export function startProgram(
  t: TestContext,
  file: string,
  args: readonly string[] = ["600"],
  { uid, cwd }: SpawnOptions = {},
): Program {
  const child = spawn(file, args, {
    stdio: ["pipe", "ignore", "ignore"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    tell: (line) => void (line === undefined ? child.stdin.end() : child.stdin.write(`${line}\n`)),
  };
}

/** Names of the Corral groups that a process is in, each once. */
export const groupsOf = (pid: number): string[] => [
  ...new Set((readProc(`${pid}/cgroup`) ?? "").match(/(?<=\/corral-)(?!test-)[^/\n]+/g) ?? []),
];

/** A control file of a job's group, trimmed. */
export function readControl(
  bench: Bench,
  controller: "cpu" | "memory" | "pids",
  jobId: string,
  v1: string,
  v2: string,
) {
  const file = bench.parent.fileOf(controller, jobId, { v1, v2 });
  return file === null ? null : readFileSync(file, "utf8").trim();
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks a server that listens on a socket of the file system. */
export function ask(socketPath: string, page: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: page, agent: false }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}
