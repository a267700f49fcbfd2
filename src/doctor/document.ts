import type { Examination } from "./examine.ts";
import type { Finding } from "./finding.ts";
import type { LimitVerdict } from "./limits.ts";

/** The document of `corral doctor --json`. */
export interface DoctorDocument {
  readonly schema: "corral.doctor/1";
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly kernel_release: string;
  readonly uid: number;
  readonly capabilities: readonly Finding[];
  readonly limits: readonly LimitVerdict[];
  readonly summary: string;
  /** How long the probes took. */
  readonly duration_sec: number;
}

/** Makes the machine-readable document of an examination. */
export function toDocument(examination: Examination, time: Date, durationMs: number): DoctorDocument {
  return {
    schema: "corral.doctor/1",
    time: time.toISOString(),
    kernel_release: examination.release,
    uid: examination.uid,
    capabilities: examination.findings,
    limits: examination.limits,
    summary: examination.summary,
    duration_sec: Math.round(durationMs) / 1000,
  };
}
