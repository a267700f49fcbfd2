import { taskFlags } from "./constants.ts";
import { readProcText } from "./proc-read.ts";
import { parseProcessStat } from "./procfs.ts";

/**
 * What a process runs at one moment. Every exec places code and stack anew (ADDR_NO_RANDOMIZE apart), so that two equal marks mean
 * the same program, started once.
 */
export interface ProgramMark {
  readonly startTicks: number;
  /** It is ending or a zombie: it will never run anything again. */
  readonly ending: boolean;
  /** Where code and stack begin; null where we may not know (ptrace(2), PTRACE_MODE_READ). */
  readonly image: string | null;
}

// startcode and startstack of proc_pid_stat(5), the fields from the state on being counted from 3.
const startCode = 26 - 3;
const startStack = 28 - 3;

function imageOf(text: string): string | null {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const image = `${fields[startCode]}:${fields[startStack]}`;
  // 1 and 0, or two zeros: hidden.
  return /^[01]:0$/.test(image) ? null : image;
}

/** Null when there is no such process. */
export function readProgramMark(pid: number): ProgramMark | null {
  const text = readProcText(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseProcessStat(text);
  if (text === null || stat === null) return null;
  const ending = stat.state === "Z" || stat.state === "X" || (stat.flags & taskFlags.exiting) !== 0;
  return { startTicks: stat.startTicks, ending, image: imageOf(text) };
}

/** Whether a process that had `before` has executed another program since; false where that cannot be seen. */
export const hasExecuted = (before: ProgramMark, now: ProgramMark): boolean =>
  before.image !== null && now.image !== null && before.image !== now.image;
