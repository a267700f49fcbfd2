import type { ConfigIssue, ConfigPath, Judged } from "../../report/config/index.ts";
import { judgeValues } from "../../report/config/index.ts";
import { parseDurationMs } from "../../report/index.ts";
import type { RawCommand, RawMetric } from "./command-schema.ts";
import { commandSchema } from "./command-schema.ts";
import type { MetricSpec } from "./metric-spec.ts";
import { jsonPath } from "./metric-spec.ts";
import type { Phase, PhaseContext } from "./phase.ts";
import { readPhase } from "./phase.ts";

/** A program to run, judged. */
export interface CommandConfig extends Phase {
  /** Ended then, as it should be; null: it ends by itself. */
  readonly durationMs: number | null;
  readonly killAfterMs: number;
  readonly success: readonly number[];
  readonly metrics: readonly MetricSpec[];
  readonly prepare: Phase | null;
  readonly cleanup: Phase | null;
}

const defaultKillAfterMs = 1000;
/** An agent answers an abort within 5 s, so a workload has less than that to end. */
const longestKillAfterMs = 3000;

/** Judges the values of a configuration. */
export function readCommand(value: unknown, context: Omit<PhaseContext, "refuse">): Judged<CommandConfig> {
  const wrong = judgeValues(commandSchema, value);
  if (wrong.length > 0) return { config: null, issues: wrong };
  const issues: ConfigIssue[] = [];
  const raw = value as RawCommand;
  const judged: PhaseContext = {
    ...context,
    refuse: ({ path, at, message }) => void issues.push({ path, at, message: `${nameOf(path)} ${message}` }),
  };
  const config: CommandConfig = {
    ...readPhase(raw, [], judged),
    durationMs: raw.duration === undefined ? null : parseDurationMs(String(raw.duration)),
    killAfterMs: killAfter(raw, judged),
    success: raw.success ?? [0],
    metrics: Object.entries(raw.metrics ?? {}).map(([name, one]) => readMetric(name, one, judged)),
    prepare: raw.prepare === undefined ? null : readPhase(raw.prepare, ["prepare"], judged),
    cleanup: raw.cleanup === undefined ? null : readPhase(raw.cleanup, ["cleanup"], judged),
  };
  return issues.length === 0 ? { config, issues } : { config: null, issues };
}

const nameOf = (path: ConfigPath): string =>
  path
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join(".")
    .replaceAll(".[", "[");

function killAfter(raw: RawCommand, { refuse }: PhaseContext): number {
  const written = raw["kill-after"];
  const ms = written === undefined ? defaultKillAfterMs : parseDurationMs(String(written));
  if (ms <= longestKillAfterMs) return ms;
  refuse({ path: ["kill-after"], at: "value", message: `is at most ${longestKillAfterMs} ms` });
  return longestKillAfterMs;
}

function readMetric(name: string, { line, json, from, take }: RawMetric, { refuse }: PhaseContext): MetricSpec {
  if ((line === undefined) === (json === undefined))
    refuse({ path: ["metrics", name], at: "value", message: "needs either line or json" });
  return {
    name,
    stream: from ?? "stdout",
    line: line ?? null,
    json: json === undefined ? null : jsonPath(json),
    take: take ?? "last",
  };
}
