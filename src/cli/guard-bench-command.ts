import { readFileSync } from "node:fs";
import { release } from "node:os";
import type { IsolationDocument, ReplayOptions, ReplayPolicy } from "../guard/replay/index.ts";
import {
  leastTraceMs,
  poolDocuments,
  readDocument,
  replayPolicies,
  runLine,
  runReplay,
  toDocument,
  toText,
} from "../guard/replay/index.ts";
import { signalNumber } from "../kernel/index.ts";
import { CorralError, errnoOf, parseDurationMs, parseNumberIn, parseSize, quote } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { guardBenchFlags } from "./guard-bench-flags.ts";
import { say, writeText } from "./output.ts";
import { checkReportPath, writeReportFile } from "./report-file.ts";
import { stopOnSignals } from "./stop-signals.ts";

type BenchFlags = RawFlags<typeof guardBenchFlags>;

const mib = 2 ** 20;

/**
 * `corral guard bench isolation`: policies of memory side by side, run now or pooled of documents.
 * @returns 0, 128+n when signal n ended it
 * @throws CorralError USAGE, GUARD_HOST, START_FAILED, CGROUP_IO, REPORT_UNWRITABLE
 */
export async function guardBenchCommand(flags: BenchFlags): Promise<number> {
  if (flags.pool !== undefined) return pool(flags, flags.pool);
  const options = optionsOf(flags);
  if (flags.out !== undefined) checkReportPath(flags.out);
  const signal = stopOnSignals();
  const outcomes = await runReplay(options, {
    own: { file: process.execPath, args: [...process.execArgv, process.argv[1] ?? ""] },
    signal,
    onRun: (outcome, done, of) => {
      if (flags.quiet !== true) say(runLine(outcome, done, of));
    },
  });
  deliver(toDocument(options, outcomes, release()), flags);
  return signal.aborted ? 128 + (signalNumber(String(signal.reason)) ?? 0) : 0;
}

function deliver(document: IsolationDocument, flags: BenchFlags): void {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (flags.out !== undefined) writeReportFile(flags.out, text);
  writeText(1, flags.json === true ? text : toText(document));
}

/** What decides what is run; documents that are pooled have run already. */
const runFlags = ["runs", "policies", "seed", "sessions", "limit", "trace", "speed"] as const;

function pool(flags: BenchFlags, files: readonly string[]): number {
  const foreign = runFlags.find((name) => flags[name] !== undefined);
  if (foreign !== undefined)
    throw new CorralError("USAGE", `--${foreign} is for runs, and --pool makes none`, {
      object: `--${foreign}`,
      fix: "leave one of the two out",
    });
  const [first, ...others] = files.map((file) => readDocument(file, readText(file)));
  if (first === undefined) return 0;
  if (flags.out !== undefined) checkReportPath(flags.out);
  deliver(poolDocuments([first, ...others]), flags);
  return 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const found = errnoOf(cause) ?? "error";
    throw new CorralError("USAGE", `--pool ${quote(file)} cannot be read: ${found}`, { object: file, found, cause });
  }
}

function optionsOf(flags: BenchFlags): ReplayOptions {
  const number = (name: "runs" | "seed" | "sessions" | "speed", [min, max, standard]: readonly number[]): number =>
    flagValue(name, flags[name] ?? String(standard), (text) =>
      parseNumberIn(text, min ?? 0, max ?? 0, { integer: name !== "speed" }),
    );
  return {
    policies: flags.policies === undefined ? replayPolicies : flagValue("policies", flags.policies, toPolicies),
    runs: number("runs", [1, 1000, 10]),
    sessions: number("sessions", [2, 32, 3]),
    limitBytes: flags.limit === undefined ? null : flagValue("limit", flags.limit, (text) => parseSize(text, mib)),
    traceMs: flagValue("trace", flags.trace ?? "1m", toTraceMs),
    speed: number("speed", [0.1, 100, 10]),
    seed: number("seed", [0, 2 ** 31, 1]),
  };
}

const mostTraceMs = 3_600_000;

function toTraceMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms >= leastTraceMs && ms <= mostTraceMs) return ms;
  throw new RangeError(
    `expects a duration from ${leastTraceMs / 1000}s to ${mostTraceMs / 3_600_000}h, not ${quote(text)}`,
  );
}

function toPolicies(text: string): readonly ReplayPolicy[] {
  const names = text.split(",");
  const isPolicy = (name: string): name is ReplayPolicy => (replayPolicies as readonly string[]).includes(name);
  const policies = names.filter(isPolicy);
  if (policies.length === names.length && new Set(names).size === names.length) return policies;
  throw new RangeError(`expects some of ${replayPolicies.join(", ")}, each once, not ${quote(text)}`);
}
