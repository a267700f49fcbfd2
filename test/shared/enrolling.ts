import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import type { ProcessIdentity } from "../../src/kernel/index.ts";
import { identityOf } from "../../src/kernel/index.ts";
import type {
  Enrolment,
  EnrolmentChange,
  EnrolmentServer,
  EnrolmentServerOptions,
  WorkloadRequest,
} from "../../src/policy/index.ts";
import { serveEnrolments } from "../../src/policy/index.ts";
import { killQuietly } from "./processes.ts";
import { until } from "./timing.ts";

/** How long anything is awaited: a busy machine shall not fail a test. */
const patienceMs = 20_000;

/** A process that a test started, and the lines that it has printed. */
export interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  lines(): readonly string[];
  /** Waits for a line that begins so. */
  line(beginning: string): Promise<string>;
  /** Exit code or name of the signal. */
  ended(): Promise<number | string>;
}

/** Where enrolments are tried: a directory, servers and workloads of one test, gone after it. */
export interface EnrolBench {
  readonly directory: string;
  readonly socket: string;
  readonly changes: EnrolmentChange[];
  serve(options?: Partial<EnrolmentServerOptions>): EnrolmentServer;
  readonly legacySocket: string;
  run(command: string, args: readonly string[], options?: SpawnOptions): Started;
  /** The enrolment that is told next after the first `skip` ones. */
  enrolled(skip?: number): Promise<Enrolment>;
  /** The end of an enrolment. */
  unenrolled(enrolment: Enrolment): Promise<string>;
  refused(): Promise<Extract<EnrolmentChange, { kind: "refused" }>>;
  requestFor(requestId: string, change?: Partial<WorkloadRequest> & { readonly withinMs?: number }): WorkloadRequest;
  identityOf(pid: number): ProcessIdentity;
}

function startProcess(t: TestContext, command: string, args: readonly string[], options: SpawnOptions): Started {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
  const pid = child.pid ?? 0;
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) killQuietly(pid);
  });
  return {
    pid,
    child,
    lines: () => text.split("\n").slice(0, -1),
    async line(beginning) {
      const find = (): string | undefined => text.split("\n").find((one) => one.startsWith(beginning));
      await until(`a line ${beginning} of ${command}`, () => find() !== undefined, patienceMs);
      return find() ?? "";
    },
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      return child.exitCode ?? child.signalCode ?? "";
    },
  };
}

const built = mkdtempSync(path.join(tmpdir(), "corral-enrol-built-"));
chmodSync(built, 0o755);
process.on("exit", () => rmSync(built, { recursive: true }));
const programs = new Map<string, string>();

/** A program of test/host/fixtures, compiled as a user of the C client would: strictly, and without anything but libc. */
export function cProgram(name: "enrolled-workload" | "legacy-workload"): string {
  const before = programs.get(name);
  if (before !== undefined) return before;
  const program = path.join(built, name);
  const strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-D_GNU_SOURCE"];
  execFileSync("gcc", [...strict, "-Inative/client", "-o", program, `test/host/fixtures/${name}.c`]);
  programs.set(name, program);
  return program;
}

/** The clients of protocol v2: command and first arguments; mode, socket and name follow. */
export const clients = {
  TypeScript: (): readonly string[] => [process.execPath, "test/host/fixtures/enrolled-workload.mjs"],
  C: (): readonly string[] => [cProgram("enrolled-workload")],
} as const;

export function enrolBench(t: TestContext): EnrolBench {
  const directory = mkdtempSync(path.join(tmpdir(), "corral-enrol-"));
  chmodSync(directory, 0o755);
  const socket = path.join(directory, "enrol", "enrol.sock");
  const changes: EnrolmentChange[] = [];
  const servers: EnrolmentServer[] = [];
  t.after(async () => {
    for (const server of servers) await server.close();
    rmSync(directory, { recursive: true });
  });
  const find = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    await until(what, () => look() !== undefined, patienceMs);
    return look() as T;
  };
  const run: EnrolBench["run"] = (command, args, options = {}) => startProcess(t, command, args, options);
  return {
    directory,
    socket,
    changes,
    serve(options = {}) {
      const onChange = (change: EnrolmentChange): void => void changes.push(change);
      const server = serveEnrolments({ socket, legacySocket: null, gid: null, onChange, ...options });
      servers.push(server);
      return server;
    },
    legacySocket: path.join(directory, "legacy", "legacy.sock"),
    run,
    enrolled: (skip = 0) =>
      find("an enrolment", () => changes.flatMap((one) => (one.kind === "enrolled" ? [one.enrolment] : []))[skip]),
    unenrolled: ({ token }) =>
      find(
        "its end",
        () => changes.flatMap((one) => (one.kind === "unenrolled" && one.token === token ? [one.why] : []))[0],
      ),
    refused: () => find("a refusal", () => changes.flatMap((one) => (one.kind === "refused" ? [one] : []))[0]),
    requestFor: (requestId, { withinMs = 20_000, ...change } = {}) => ({
      requestId,
      verb: "compress",
      params: {},
      expiresNs: process.hrtime.bigint() + BigInt(withinMs) * 1_000_000n,
      ...change,
    }),
    identityOf(pid) {
      const identity = identityOf(pid);
      if (identity === null) throw new Error(`there is no process ${pid}`);
      return identity;
    },
  };
}
