import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { SourceName } from "../../src/events/index.ts";
import { openEventSource } from "../../src/events/index.ts";
import { openBpfLifecycle } from "../../src/kernel/index.ts";
import { sleep } from "../lib/measure.ts";
import { findProgram } from "../run/settings.ts";

/** An exec as a watcher told it. */
export interface SeenExec {
  readonly pid: number;
  /** From the tracepoint to the reader, in microseconds; NaN when the tracepoint's time is not known. */
  readonly lateUs: number;
}

/** A running watcher of execs. */
export interface Watcher {
  /** Execs of the target so far. */
  readonly seen: readonly SeenExec[];
  /** Lost events by its own account; null when it keeps none. */
  readonly lost: () => number | null;
  readonly end: () => Promise<void>;
}

export interface WatcherKind {
  readonly name: string;
  readonly missing: string | null;
  /** @param scratch where the compiled helpers and the target are */
  readonly start: (scratch: string) => Promise<Watcher>;
}

/** Name of the program that is executed; nothing else on a host is called so. */
export const targetName = "corral-exec";

async function startSource(prefer: SourceName): Promise<Watcher> {
  const { source } = await openEventSource({ prefer });
  const seen: SeenExec[] = [];
  void (async () => {
    for await (const event of source) {
      if (event.kind !== "exec" || (event.comm !== targetName && event.comm !== null)) continue;
      seen.push({ pid: event.tgid, lateUs: Number(process.hrtime.bigint() - event.timestampNs) / 1000 });
    }
  })();
  const lost = (): number => Object.values(source.counters().lost).reduce((sum, count) => sum + count, 0);
  return { seen, lost, end: () => source.close() };
}

/** Whose time counts: that of a C program that reads the tool's lines, or of JavaScript that does. */
type LineReader = "C" | "JavaScript";

interface Lines {
  readonly tool: ChildProcess;
  /** What closes when the last line is in. */
  readonly output: ChildProcess;
  /** Where the tool's lines come from, each with its stamp before it if the C program has read them. */
  readonly stamped: boolean;
}

function startLines(scratch: string, [file = "", ...args]: readonly string[], reader: LineReader): Lines {
  if (reader === "JavaScript") {
    const tool = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"] });
    return { tool, output: tool, stamped: false };
  }
  const stamp = spawn(path.join(scratch, "stamp"), { stdio: ["pipe", "pipe", "inherit"] });
  const tool = spawn(file, args, { stdio: ["ignore", stamp.stdin, "ignore"] });
  // The tool has it.
  tool.once("spawn", () => stamp.stdin.destroy());
  return { tool, output: stamp, stamped: true };
}

/** A tool that prints lines. */
async function startTool(
  scratch: string,
  argv: readonly string[],
  reader: LineReader,
  isReady: RegExp,
  parse: (line: string, stampNs: number) => SeenExec | null,
): Promise<Watcher> {
  const { tool, output, stamped } = startLines(scratch, argv, reader);
  const seen: SeenExec[] = [];
  const state = { ready: false, rest: "" };
  output.stdout?.setEncoding("latin1").on("data", (chunk: string) => {
    const nowNs = Number(process.hrtime.bigint());
    const lines = (state.rest + chunk).split("\n");
    state.rest = lines.pop() ?? "";
    for (const line of lines) {
      state.ready ||= isReady.test(line);
      const space = stamped ? line.indexOf(" ") : -1;
      const exec = parse(line.slice(space + 1), stamped ? Number(line.slice(0, space)) : nowNs);
      if (exec !== null) seen.push(exec);
    }
  });
  const closed = once(output, "close");
  for (let waited = 0; !state.ready; waited += 20) {
    if (tool.exitCode !== null || waited > 20_000) {
      tool.kill("SIGKILL");
      throw new Error(`${argv.join(" ")} does not begin`);
    }
    await sleep(20);
  }
  await sleep(300);
  const end = async (): Promise<void> => {
    tool.kill("SIGINT");
    await closed;
  };
  return { seen, lost: () => null, end };
}

const bpftraceProgram = `BEGIN { printf("ready\\n"); } tracepoint:sched:sched_process_exec /comm == "${targetName}"/ { printf("%d %lld\\n", pid, nsecs); }`;

/** It looks tracepoints up in tracefs, which is mounted for it alone where the host has not mounted it. */
function startBpftrace(scratch: string, reader: LineReader): Promise<Watcher> {
  const script = 'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"';
  const bpftrace = [findProgram("bpftrace") ?? "", "-B", "line", "-e", bpftraceProgram];
  const argv = ["unshare", "--mount", "sh", "-c", script, "sh", ...bpftrace];
  return startTool(scratch, argv, reader, /\bready$/, (line, stampNs) => {
    const [pid = "", atNs = ""] = line.split(" ");
    return /^\d+$/.test(pid) ? { pid: Number(pid), lateUs: (stampNs - Number(atNs)) / 1000 } : null;
  });
}

/** It prints no times of events: those come from our own program, which wakes nobody meanwhile. */
async function startForkstat(scratch: string): Promise<Watcher> {
  const reference = openBpfLifecycle({ ringBytes: 32 << 20, cgroup: null });
  reference.setWaking(false);
  const stamps: { pid: number; stampNs: number }[] = [];
  const argv = [findProgram("forkstat") ?? "", "-l", "-e", "exec"];
  const tool = await startTool(scratch, argv, "C", /Event/, (line, stampNs) => {
    const pid = /^\S+ exec +(\d+)/.exec(line)?.[1];
    if (pid !== undefined) stamps.push({ pid: Number(pid), stampNs });
    return null;
  });
  const seen: SeenExec[] = [];
  const end = async (): Promise<void> => {
    await tool.end();
    const times = new Map<number, number>();
    for (let records = reference.read(4096); records.length > 0; records = reference.read(4096))
      for (const record of records)
        if (record.kind === "exec" && record.comm === targetName) times.set(record.tgid, Number(record.timestampNs));
    reference.close();
    for (const { pid, stampNs } of stamps) {
      const atNs = times.get(pid);
      if (atNs !== undefined) seen.push({ pid, lateUs: (stampNs - atNs) / 1000 });
    }
  };
  return { seen, lost: () => null, end };
}

const absent = (name: string): string | null => (findProgram(name) === null ? `not installed (${name})` : null);

export const watcherKinds: readonly WatcherKind[] = [
  { name: "corral, bpf", missing: null, start: () => startSource("bpf") },
  { name: "corral, proc connector", missing: null, start: () => startSource("proc connector") },
  {
    name: "bpftrace, lines read by JavaScript",
    missing: absent("bpftrace"),
    start: (scratch) => startBpftrace(scratch, "JavaScript"),
  },
  { name: "bpftrace, read by C", missing: absent("bpftrace"), start: (scratch) => startBpftrace(scratch, "C") },
  { name: "forkstat, read by C", missing: absent("forkstat"), start: startForkstat },
];
