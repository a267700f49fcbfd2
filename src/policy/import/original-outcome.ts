import type { Outcome } from "../model/index.ts";

/** What a row of the original says of how it went. */
export interface OriginalFacts {
  readonly execNs: bigint;
  readonly deadlineNs: bigint;
  readonly exitNs: bigint;
  readonly enrolled: boolean;
  readonly sent: boolean;
  readonly ack: boolean;
  readonly exited: boolean;
  readonly missed: boolean;
}

interface Judgement {
  /** Null: the row is of no attempt. */
  readonly outcome: Outcome | null;
  readonly reason: string;
}

/** The outcome that the flags of the original stand for; the first row that fits. */
const table: readonly (readonly [(row: OriginalFacts) => boolean, Judgement])[] = [
  [(row) => row.sent && row.ack, { outcome: "applied", reason: "acknowledged" }],
  [(row) => row.sent, { outcome: "timeout", reason: "asked, and no acknowledgement is recorded" }],
  [
    (row) => row.ack,
    { outcome: null, reason: "an acknowledgement that nobody asked for, or whose row was written before" },
  ],
  [(row) => row.missed && row.enrolled, { outcome: "enroll_late", reason: "enrolled after the deadline" }],
  [(row) => row.missed, { outcome: "not_enrolled", reason: "had not enrolled by the deadline" }],
  [(row) => row.execNs === 0n, { outcome: null, reason: "executed nothing while it was watched" }],
  [
    (row) => row.exited && (row.exitNs === 0n || row.exitNs <= row.deadlineNs),
    { outcome: "exited_before", reason: "ended before the deadline" },
  ],
  [(row) => row.exited, { outcome: null, reason: "was due, ended, and nothing is recorded" }],
];

const undecided: Judgement = { outcome: null, reason: "the run ended before the deadline" };

export const judgeOriginal = (row: OriginalFacts): Judgement => table.find(([fits]) => fits(row))?.[1] ?? undecided;
