import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { processFacts } from "../../kernel/index.ts";
import { CorralError, formatSeconds, quote } from "../../report/index.ts";
import type { Action, ActionContext, Target } from "../model/index.ts";
import type { Done, Step } from "./step.ts";
import { done, nowNs } from "./step.ts";

type Hook = Extract<Action, { do: "exec" }>;

/** What is kept of the output, for people. */
const outputBytes = 4096;
const factBytes = 4096;
/** Between SIGTERM and SIGKILL for a hook that takes too long. */
const graceMs = 500;

/** A fact that a process may have chosen itself: bounded, and without characters that mean something to a terminal. */
function toFact(text: string): string {
  const escaped = text.replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return Buffer.from(escaped, "utf8")
    .subarray(0, factBytes)
    .toString("utf8")
    .replace(/\ufffd$/, "");
}

/** What a hook is told, in its environment alone. */
export function hookFacts({ identity, enrolment, ended }: Target, requestId: string): Record<string, string> {
  const known: Record<string, string | number | null | undefined> = {
    CORRAL_PID: identity.pid,
    CORRAL_START_TICKS: identity.startTicks,
    CORRAL_BOOT_ID: identity.bootId,
    CORRAL_REQUEST_ID: requestId,
    CORRAL_WORKLOAD: enrolment?.name,
    ...(ended === undefined ? factsNow(identity.pid) : factsAtEnd(ended)),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) => (value == null ? [] : [[name, toFact(String(value))]])),
  );
}

function factsNow(pid: number) {
  const facts = processFacts(pid);
  return {
    CORRAL_COMM: facts.stat?.comm,
    CORRAL_EXE: facts.exe?.path,
    CORRAL_UID: facts.uids?.effective,
    CORRAL_CGROUP: facts.cgroup
      ?.split("\n")
      .find((line) => line.startsWith("0::"))
      ?.slice(3),
  };
}

const factsAtEnd = ({ comm, exe, uid, cgroup, exitCode, exitSignal }: NonNullable<Target["ended"]>) => ({
  CORRAL_COMM: comm,
  CORRAL_EXE: exe,
  CORRAL_UID: uid,
  CORRAL_CGROUP: cgroup,
  CORRAL_EXIT_CODE: exitCode,
  CORRAL_EXIT_SIGNAL: exitSignal,
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  /** Why it was ended before its own end; null when it was not. */
  readonly killed: "timeout" | "stopped" | null;
}

/** Signals the hook's own process group; what is left of it once it has ended is not looked for. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

function watch(child: ChildProcess, timeoutMs: number, signal: AbortSignal | null): Promise<Ended> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let killed: Ended["killed"] = null;
  const keep = (chunk: Buffer): void => {
    // Read to the end and dropped, so that a hook that says much is not held up.
    if (kept < outputBytes) chunks.push(chunk.subarray(0, outputBytes - kept));
    kept += chunk.length;
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return new Promise((resolve, reject) => {
    let second: NodeJS.Timeout | null = null;
    const end = (why: "timeout" | "stopped"): void => {
      if (killed !== null) return;
      killed = why;
      signalGroup(child, "SIGTERM");
      second = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
    };
    const first = setTimeout(() => end("timeout"), timeoutMs);
    const onAbort = (): void => end("stopped");
    signal?.addEventListener("abort", onAbort);
    const settle = (): void => {
      clearTimeout(first);
      if (second !== null) clearTimeout(second);
      signal?.removeEventListener("abort", onAbort);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("exit", (code, name) => {
      settle();
      // Once more round the loop, for what it wrote last; a grandchild may hold the pipes open for ever.
      setImmediate(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code, signal: name, output: Buffer.concat(chunks).toString("utf8"), killed });
      });
    });
    if (signal?.aborted === true) end("stopped");
  });
}

function doneOfEnd(ended: Ended, timeoutMs: number, requestedNs: bigint): Done {
  const [line = ""] = ended.output.trim().split("\n", 1);
  const said = line === "" ? "" : `, saying ${quote(line)}`;
  if (ended.killed === "timeout")
    return done("timeout", `the hook was killed after ${formatSeconds(timeoutMs / 1000)}${said}`, requestedNs);
  if (ended.killed === "stopped")
    return done("suppressed", "the policy was stopped while the hook ran, which was killed", requestedNs);
  if (ended.code === 0) return done("applied", `the hook ended with 0${said}`, requestedNs);
  const how = ended.signal === null ? `with ${ended.code}` : `by ${ended.signal}`;
  return done("error", `the hook ended ${how}${said}`, requestedNs);
}

/** A program of the rule's own, in a process group of its own, for `timeoutMs` at most. */
export function prepareHook(action: Hook, target: Target, context: ActionContext): Step {
  const [file = "", ...args] = action.argv;
  return {
    plan: `run ${action.argv.map((word) => quote(word)).join(" ")}`,
    affected: null,
    gain: null,
    async run() {
      const env = { ...process.env, ...hookFacts(target, context.requestId) };
      const requestedNs = nowNs();
      const child = spawn(file, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      try {
        return doneOfEnd(await watch(child, action.timeoutMs, context.signal), action.timeoutMs, requestedNs);
      } catch (thrown) {
        const { code = null } = thrown as NodeJS.ErrnoException;
        const why = code === null ? CorralError.from(thrown).message : code;
        return done("error", `the hook ${quote(file)} could not be started: ${why}`, null, { errno: code });
      }
    },
  };
}
