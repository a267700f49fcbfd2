import type { RunReport } from "../../report/index.ts";
import type { WorkEnd } from "./work.ts";

/** What came of a workload, for the controller: `corral.fleet-work/1`. */
export interface WorkResult {
  readonly schema: "corral.fleet-work/1";
  readonly kind: "command" | "scenario" | "load";
  /** Figures that were asked for, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The job's own report; of a scenario, of the process that ran it. */
  readonly report: RunReport;
  /** The same of what ran before; null: nothing did. */
  readonly prepare: RunReport | null;
  /** The document of `corral scenario run --json`; null where none ran. */
  readonly scenario: unknown;
  /** The end of what it wrote. */
  readonly stdout_tail: string;
  readonly stderr_tail: string;
}

interface ResultParts extends Pick<WorkResult, "kind" | "scenario"> {
  readonly report: RunReport;
  readonly prepare: RunReport | null;
  readonly metrics: ReadonlyMap<string, number>;
  readonly stdoutTail: string;
  readonly stderrTail: string;
}

/** The result as the text that goes over the wire. */
export function workResult({ kind, report, prepare, metrics, scenario, stdoutTail, stderrTail }: ResultParts): string {
  const result: WorkResult = {
    schema: "corral.fleet-work/1",
    kind,
    metrics: Object.fromEntries(metrics),
    report,
    prepare,
    scenario,
    stdout_tail: stdoutTail,
    stderr_tail: stderrTail,
  };
  return JSON.stringify(result);
}

/** Of a program that tells no latencies. */
export const figuresOf = ({ duration_sec: seconds }: RunReport): WorkEnd["figures"] => ({
  wallMs: (seconds ?? 0) * 1000,
  cells: [],
  prepare: null,
});
