import type { RunReport } from "../../report/index.ts";

/** What the guard tells of the jobs that it looks after; they belong to no session. */
export type JobEvent =
  | { readonly event: "JOB_STARTED"; readonly session: null; readonly job: string; readonly pid: number }
  | {
      readonly event: "JOB_LEFT";
      readonly session: null;
      readonly job: string;
      readonly pid: number;
      /** Name of the one because of which its client left. */
      readonly signal: string;
    }
  | {
      readonly event: "JOB_ENDED";
      readonly session: null;
      readonly job: string;
      /** Null: it never started. */
      readonly pid: number | null;
      readonly exit_code: number | null;
      readonly exit_signal: string | null;
      readonly reason: RunReport["exit_reason"];
    };

/** Its client left it to itself; no end of it is told. */
export const leftEvent = (job: string, pid: number, signal: string): JobEvent => ({
  event: "JOB_LEFT",
  session: null,
  job,
  pid,
  signal,
});

export type TellJob = (event: JobEvent) => void;

export const startedEvent = (job: string, pid: number): JobEvent => ({
  event: "JOB_STARTED",
  session: null,
  job,
  pid,
});

export const endedEvent = ({ job_id, pid, exit_code, exit_signal, exit_reason }: RunReport): JobEvent => ({
  event: "JOB_ENDED",
  session: null,
  job: job_id,
  pid,
  exit_code,
  exit_signal,
  reason: exit_reason,
});
