import type { ProcessIdentity } from "../../kernel/index.ts";
import type { ActionResult } from "./action.ts";
import type { AckStats, ArenaConfig } from "./enrolment.ts";
import type { Outcome } from "./outcome.ts";

/** What was known of the process of an attempt. Times are CLOCK_MONOTONIC, null where nothing is known. */
export interface AttemptProcess {
  readonly identity: ProcessIdentity;
  /** 1 for the first program it executed, growing with each exec. */
  readonly generation: number;
  readonly comm: string | null;
  readonly exe: string | null;
  readonly uid: number | null;
  /** Path of its control group. */
  readonly cgroup: string | null;
  readonly ppid: number | null;
  /** The ancestor that a rule or a user named as the root of the tree, else its oldest known ancestor. */
  readonly lineageRootPid: number | null;
  readonly execNs: bigint | null;
  readonly exitNs: bigint | null;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
  /** It ended while no policy ran: nobody knows when and how. */
  readonly endedUnseen?: true;
  readonly enrolled: boolean;
  readonly workloadName: string | null;
  readonly arena: ArenaConfig | null;
}

/** One attempt of one rule on one process: the unit of every record. */
export interface Attempt {
  readonly runId: string;
  readonly attemptId: string;
  /** 1, 2, … of the tries of one firing. */
  readonly tryNumber: number;
  readonly rule: string;
  /** The `do` of its action. */
  readonly action: string;
  readonly process: AttemptProcess;
  /** When the rule was due, CLOCK_MONOTONIC. */
  readonly deadlineNs: bigint | null;
  readonly outcome: Outcome;
  /** One clause for people. */
  readonly reason: string;
  /** Events were lost while this was under way. */
  readonly degraded: boolean;
  /** Null when nothing was done. */
  readonly result: ActionResult | null;
  /** Statistics of the last acknowledgement. */
  readonly stats: AckStats | null;
  /** Wall-clock time of the end of the attempt, milliseconds since 1970. */
  readonly wallTimeMs: number;
}
