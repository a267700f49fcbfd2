import { isDeepStrictEqual } from "node:util";
import type { ProcessFacts } from "../kernel/index.ts";
import { processFacts } from "../kernel/index.ts";
import type { ExecEvent } from "./lifecycle-event.ts";
import { boundArgv } from "./process-details.ts";

/** What an exec told of itself. */
export type ToldExec = Pick<ExecEvent, "tgid" | "identity" | "comm" | "argv">;

/**
 * Whether a process is still in the program that an exec told of: it may have executed another since, or be another.
 * Programs change their names and their command lines, but hardly both at once.
 */
function isStillIn({ identity, comm, argv }: ToldExec, { identity: now, stat, argv: argvNow }: ProcessFacts): boolean {
  if (identity === null || now?.startTicks !== identity.startTicks) return false;
  if (comm === null || stat?.comm === comm) return true;
  return argv !== null && argvNow !== null && isDeepStrictEqual(boundArgv(argvNow).argv, argv);
}

/** The file that a process runs, as /proc has it; null when it is gone, or in another program by now. */
export function programFile(told: ToldExec): string | null {
  const facts = processFacts(told.tgid);
  return isStillIn(told, facts) ? (facts.exe?.path ?? null) : null;
}
