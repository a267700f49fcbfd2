import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { isatty } from "node:tty";
import { lookUpGroup, notifySystemd } from "../kernel/index.ts";
import { serverSocketPath } from "../policy/enrolment/index.ts";
import type { RuleSource } from "../policy/rules/index.ts";
import { readRuleFile } from "../policy/rules/index.ts";
import type { PolicyEvent } from "../policy/session/index.ts";
import { PolicySession, toPolicyEventDocument } from "../policy/session/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, parseDurationMs, parseSize, quote } from "../report/index.ts";
import { stateDirectories } from "../run/index.ts";
import { BackgroundWriter } from "./background-writer.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { holdSignals } from "./hold-signals.ts";
import { LiveLine } from "./live-line.ts";
import { say, writeText } from "./output.ts";
import type { policyRunFlags } from "./policy-flags.ts";
import { policyLine, progressText } from "./policy-lines.ts";
import { corralVersion } from "./version.ts";

type PolicyRunFlags = RawFlags<typeof policyRunFlags>;

const defaultDelay = "10";
const longestDelayMs = 3_600_000;

/**
 * `corral policy run`: acts on processes by rules until it is told to stop.
 * @returns 0; 2 when the file of rules has mistakes
 * @throws CorralError USAGE, and as PolicySession.open does
 */
export async function policyRunCommand(flags: PolicyRunFlags): Promise<number> {
  checkOutputs(flags);
  const loadRules = sourceOf(flags);
  const socket = placeOf("sock-path", flags["sock-path"]) ?? serverSocketPath(process.env, process.getuid?.() ?? 0);
  try {
    await run(flags, loadRules, socket);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

/** @throws CorralError USAGE when two outputs are one file */
function checkOutputs(flags: PolicyRunFlags): void {
  const taken = new Map<string, string>();
  for (const name of ["csv", "jsonl", "record"] as const) {
    const file = flags[name];
    if (file === undefined) continue;
    const other = taken.get(resolve(file));
    if (other !== undefined)
      throw new CorralError("USAGE", `--${other} and --${name} name the same file`, {
        object: `--${name}`,
        found: file,
        fix: "give each a file of its own",
      });
    taken.set(resolve(file), name);
  }
}

async function run(flags: PolicyRunFlags, loadRules: () => RuleSource, socket: string): Promise<void> {
  const group = flags.group;
  const gid = group === undefined ? null : flagValue("group", group, lookUpGroup);
  const { runtime } = stateDirectories(process.env, process.getuid?.() ?? 0);
  const signals = holdSignals();
  const teller = openTeller(flags);
  const session = await PolicySession.open({
    loadRules,
    socket,
    legacySocket: placeOf("legacy-socket", flags["legacy-socket"]),
    gid,
    statePath: statePathOf(runtime, socket),
    csvPath: flags.csv ?? null,
    jsonlPath: flags.jsonl ?? null,
    rotateBytes: rotateBytesOf(flags),
    scheduling: schedulingOf(flags),
    recordPath: flags.record ?? null,
    host: hostname(),
    version: corralVersion(),
    onEvent: teller.tell,
  });
  teller.follow(session);
  notifySystemd("READY=1");
  const signal = await signals.handOver(() => session.reload());
  notifySystemd("STOPPING=1");
  await session.close(signal);
  await teller.close();
}

const schedulingOf = ({ scheduling }: PolicyRunFlags): "realtime" | "fair" =>
  flagValue("scheduling", scheduling ?? "realtime", (text) => {
    if (text === "realtime" || text === "fair") return text;
    throw new RangeError(`expects realtime or fair, not ${quote(text)}`);
  });

const leastRotateBytes = 64 * 1024;

/** @throws CorralError USAGE when it is too small, or there is nothing to rotate */
function rotateBytesOf(flags: PolicyRunFlags): number | null {
  const text = flags["rotate-size"];
  if (text === undefined) return null;
  if (flags.csv === undefined && flags.jsonl === undefined)
    throw new CorralError("USAGE", "--rotate-size is for files of records", {
      object: "--rotate-size",
      fix: "give --csv FILE or --jsonl FILE too",
    });
  return flagValue("rotate-size", text, (size) => {
    const bytes = parseSize(size, null);
    if (bytes < leastRotateBytes) throw new RangeError(`expects a size of at least 64K, not ${quote(size)}`);
    return bytes;
  });
}

/** Each socket has a policy of its own, and what that one keeps. */
export const statePathOf = (runtime: string, socket: string): string =>
  join(runtime, `policy-${createHash("sha256").update(socket).digest("hex").slice(0, 12)}.json`);

function placeOf(flag: "sock-path" | "legacy-socket", text: string | undefined): string | null {
  if (text === undefined) return null;
  return flagValue(flag, text, (path) => {
    if (path === "") throw new RangeError("needs a path");
    return resolve(path);
  });
}

/** A bare number is seconds, as the original had them. */
function parseDelayNs(text: string): bigint {
  const ms = parseDurationMs(text);
  if (ms > longestDelayMs) throw new RangeError(`expects a duration of at most 3600 s, not ${quote(text)}`);
  return BigInt(Math.round(ms * 1e6));
}

function sourceOf(flags: PolicyRunFlags): () => RuleSource {
  const delayNs = flagValue("delay-sec", flags["delay-sec"] ?? defaultDelay, parseDelayNs);
  const dryRun = flags["dry-run"] === true;
  const file = flags.rules;
  if (file === undefined) return () => ({ kind: "classic", delayNs, dryRun });
  if (flags["delay-sec"] !== undefined)
    throw new CorralError("USAGE", "--delay-sec does not go with --rules", {
      object: "--delay-sec",
      fix: "write it into the rules as when: { exec: { after: 10s } }",
    });
  if (file === "") throw new CorralError("USAGE", "--rules needs the name of a file", { object: "--rules" });
  return () => readRuleFile(file, dryRun);
}

/** How long the last words may take to be read. */
const lastWordsMs = 2000;

const defaultWidth = 80;

interface Teller {
  readonly tell: (event: PolicyEvent) => void;
  /** Begins to show what a policy is at, where stderr is a terminal for it. */
  readonly follow: (session: PolicySession) => void;
  readonly close: () => Promise<void>;
}

/** Tells events in the form that was asked for, without waiting for who reads it. */
function openTeller({ json, quiet }: PolicyRunFlags): Teller {
  const writer = new BackgroundWriter(json === true ? 1 : 2, () => {
    // Who governs does not stop because nobody looks. Of standard error there is nobody to tell.
    if (json === true) say("WARNING: nobody reads the events any more; the policy goes on");
  });
  const isLive = isatty(2) && json !== true && quiet !== true && process.env["TERM"] !== "dumb";
  let live: LiveLine | null = null;
  return {
    follow: (session) => {
      if (!isLive) return;
      const width = (): number => process.stderr.columns || defaultWidth;
      live = new LiveLine({ write: (text) => writer.add(text), width, text: () => progressText(session.progress()) });
    },
    tell: (event) => {
      if (event.event === "stopped") live?.end();
      if (json === true) writer.add(`${JSON.stringify(toPolicyEventDocument(event, new Date().toISOString()))}\n`);
      else if (quiet !== true) {
        const line = policyLine(event);
        if (line === null) return;
        const text = `[corral] ${line}\n`;
        if (live === null || event.event === "stopped") writer.add(text);
        else live.above(text);
      }
    },
    async close() {
      await writer.close(lastWordsMs);
      if (writer.dropped > 0) say(`WARNING: ${writer.dropped} lines were dropped: their reader was too slow`);
    },
  };
}
