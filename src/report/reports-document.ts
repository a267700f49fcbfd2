import type { RunReport } from "./run-report.ts";

/** A process or job that `corral attach` was asked for and did not attach to. */
export interface RefusedTarget {
  /** The pid or the job id as it was given. */
  readonly target: string;
  /** Stable error code, docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

/** The reports of several jobs, `corral.reports/1`; schemas/reports.schema.json is its JSON Schema. */
export interface ReportsDocument {
  readonly schema: "corral.reports/1";
  readonly reports: readonly RunReport[];
  readonly refused: readonly RefusedTarget[];
}
