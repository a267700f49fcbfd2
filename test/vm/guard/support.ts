import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GuardClient } from "../../../src/guard/client/index.ts";
import { openPackageRoot } from "../../shared/readable-copy.ts";
import { until } from "../../shared/timing.ts";
import { read, removeTree, v2, write } from "../support.ts";

/** One line of a guard's stdout. */
export interface Line {
  readonly event: string;
  readonly session?: string | null;
  readonly [key: string]: unknown;
}

export interface GuardUnderTest {
  readonly process: ChildProcess;
  /** Directory of its root group, our own. */
  readonly root: string;
  readonly socket: string;
  readonly config: string;
  readonly state: string;
  /** Speaks to it as root. */
  readonly client: GuardClient;
  /** Every line of its stdout so far. */
  readonly lines: readonly Line[];
  readonly stderr: () => string;
  /** Waits for a line that fits. */
  seen(event: string, fits?: (line: Line) => boolean): Promise<Line>;
  /** Ends it by a signal; its exit code, null when the signal killed it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export const corralProgram = (): readonly string[] => [process.execPath, join(openPackageRoot(), "dist/corral.cjs")];

/** The native client; what it does not do itself it leaves to Node. */
export const thinClient = (): string => join(openPackageRoot(), `prebuilds/linux-${process.arch}/corral`);

/** The two programs that run tool calls, by the name that a test gives them. */
export const toolPrograms: readonly (readonly [string, () => readonly string[]])[] = [
  ["the native client", () => [thinClient()]],
  ["Node", corralProgram],
];

let guards = 0;

export interface Place {
  readonly root: string;
  readonly home: string;
}

/** A root group and a directory that no other test has. @param mount of cgroup v2 */
export function newPlace(mount = v2): Place {
  guards += 1;
  const home = mkdtempSync(join(tmpdir(), "corral-guardtest-"));
  chmodSync(home, 0o755);
  return { root: `${mount}/corral-guardtest-${process.pid}-${guards}`, home };
}

/** Kills what is left below a root and removes it. */
export async function clearPlace({ root, home }: Place): Promise<void> {
  if (existsSync(root)) {
    write(`${root}/cgroup.kill`, "1");
    await removeTree(root);
  }
  rmSync(home, { recursive: true, force: true });
}

interface GuardSettings {
  readonly config?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words put before it, of a program that executes what follows. */
  readonly through?: readonly string[];
}

/** Starts `corral guard` and waits until it has begun. */
export async function startGuard(place: Place, settings: GuardSettings = {}): Promise<GuardUnderTest> {
  const guard = spawnGuard(place, settings);
  await guard.seen("STARTED");
  return guard;
}

/** Starts `corral guard`, which may not have begun yet. */
export function spawnGuard(
  { root, home }: Place,
  { config = "version: 1\n", flags = [], env = {}, through = [] }: GuardSettings = {},
): GuardUnderTest {
  const file = join(home, "guard.yaml");
  const socket = join(home, "guard.sock");
  const state = join(home, "state");
  writeFileSync(file, config);
  const words = ["guard", "--cgroup-root", root, "--config", file, "--socket", socket, ...flags];
  const [first = "", ...args] = [...through, ...corralProgram(), ...words];
  const child = spawn(first, args, {
    env: { ...process.env, CORRAL_STATE_DIR: state, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  let rest = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = `${rest}${chunk.toString()}`.split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) lines.push(JSON.parse(line) as Line);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const client = new GuardClient({ socket });
  return {
    process: child,
    root,
    socket,
    config: file,
    state,
    client,
    lines,
    stderr: () => stderr,
    seen: async (event, fits = () => true) => {
      const find = () => lines.find((line) => line.event === event && fits(line));
      await until(`${event}; stderr: ${stderr}`, () => find() !== undefined || child.exitCode !== null, 20_000);
      const line = find();
      assert.ok(line !== undefined, `no ${event} before the end: ${stderr}`);
      return line;
    },
    end: (signal = "SIGTERM") => {
      client.close();
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a guard for a test and clears everything away. */
export async function withGuard(
  options: Parameters<typeof startGuard>[1],
  body: (guard: GuardUnderTest, place: Place) => Promise<void>,
): Promise<void> {
  const place = newPlace();
  try {
    const guard = await startGuard(place, options);
    try {
      await body(guard, place);
    } finally {
      await guard.end("SIGKILL");
    }
  } finally {
    await clearPlace(place);
  }
}

/** A shell that stays, in a group of its own choosing, until it is killed. */
export async function sleeperIn(group: string): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", `echo $$ >${group}/cgroup.procs && exec sleep 600`], { stdio: "ignore" });
  await until("a sleeper to be in its group", () =>
    read(`${group}/cgroup.procs`).split("\n").includes(String(child.pid)),
  );
  return child;
}

/** What a guard answered. */
export interface Answer {
  readonly status: number;
  /** The message of an error; the names of a list; else the document as it is. */
  readonly said: string;
}

/** A process of another user that stays and asks the guard what it is told to. */
export interface Asker {
  readonly pid: number;
  ask(method: string, path: string, body?: object, token?: string): Promise<Answer>;
  end(): void;
}

const askerProgram = `
  const http = require("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { method, path, body, token } = JSON.parse(line);
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = { "content-length": Buffer.byteLength(text), ...(token && { authorization: "Bearer " + token }) };
    const options = { socketPath: process.argv[1], agent, method, path, headers };
    const request = http.request(options, (response) => {
      let said = "";
      response.on("data", (chunk) => { said += chunk; });
      response.on("end", () => console.log(JSON.stringify({ status: response.statusCode, said })));
    });
    request.on("error", (error) => console.log(JSON.stringify({ status: 0, said: String(error) })));
    request.end(text);
  });
  console.log("{}");
`;

/**
 * Starts an asker.
 * @param group to be in from the start; null: ours
 */
export async function startAsker(socket: string, uid: number, group: string | null = null): Promise<Asker> {
  const enter = group === null ? "" : `echo $$ >${group}/cgroup.procs && `;
  const user = ["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  const words = [...user, process.execPath, "-e", askerProgram, socket];
  const child = spawn("sh", ["-c", `${enter}exec "$@"`, "sh", ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  const nextLine = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  await nextLine();
  return {
    pid: child.pid ?? 0,
    ask: async (method, path, body, token) => {
      child.stdin.write(`${JSON.stringify({ method, path: `/v1${path}`, body, token })}\n`);
      const { status, said } = JSON.parse(await nextLine()) as Answer;
      return { status, said: sayingOf(said) };
    },
    end: () => void child.kill("SIGKILL"),
  };
}

function sayingOf(text: string): string {
  const document =
    text === "" ? {} : (JSON.parse(text) as { error?: { message: string }; sessions?: { name: string }[] });
  return document.error?.message ?? document.sessions?.map(({ name }) => name).join(" ") ?? text;
}

export const groupNames = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
