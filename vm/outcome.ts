import { exitStatus } from "../src/report/index.ts";

/** What the guest's own lines on the console say. */
export interface ConsoleMarks {
  /** `uname -r`, once the command was about to start. */
  readonly release: string | null;
  /** The command's status, once it had ended. */
  readonly status: number | null;
}

/** How a guest ended, before it is put into words. */
export interface GuestEnd {
  readonly timedOut: boolean;
  readonly marks: ConsoleMarks;
  /** Everything on the serial console. */
  readonly console: string;
  /** Whether a signal ended QEMU that this process did not send. */
  readonly qemuKilled: boolean;
}

export interface Outcome {
  readonly exitStatus: number;
  readonly failure: string | null;
}

/** Lines and bytes of the console that are worth showing. */
const tail = { lines: 40, bytes: 8192 } as const;

/** Finds the marks of one guest; other text with the same shape but another nonce is ignored. */
export function readMarks(console: string, nonce: string): ConsoleMarks {
  const release = new RegExp(`corral-vm ${nonce} boot (\\S+)\\r?\\n`).exec(console);
  const status = new RegExp(`corral-vm ${nonce} exit (\\d+)\\r?\\n`).exec(console);
  return { release: release?.[1] ?? null, status: status === null ? null : Number(status[1]) };
}

/**
 * The status to return. The console's mark is the truth, since QEMU's own exit status has room for
 * seven bits only; without it the guest did not get that far, whatever QEMU returned.
 */
export function judgeEnd({ timedOut, marks, console, qemuKilled }: GuestEnd): Outcome {
  if (marks.status !== null) return { exitStatus: marks.status, failure: null };
  if (timedOut) return { exitStatus: exitStatus.timeout, failure: null };
  return { exitStatus: exitStatus.corral, failure: describeFailure(marks, console, qemuKilled) };
}

/** From here on a console tells of a crash; the trace that follows can be longer than a tail. */
const crash = /^.*(Kernel panic|BUG:|Oops:|Unable to handle)/m;

/**
 * The end of the console without the guest's own marks and control characters: from the first line that tells of a
 * crash, or else the last lines.
 */
export function consoleTail(console: string): string {
  const crashAt = crash.exec(console)?.index;
  const text = (crashAt === undefined ? console.slice(-tail.bytes) : console.slice(crashAt, crashAt + tail.bytes))
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001bc/g, "")
    .replaceAll(/[^\n\t\u0020-\u007e]/g, "");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^corral-vm \S+ (boot|exit) /.test(line));
  return (crashAt === undefined ? lines.slice(-tail.lines) : lines.slice(0, tail.lines)).join("\n");
}

function describeFailure(marks: ConsoleMarks, console: string, qemuKilled: boolean): string {
  const panic = /Kernel panic - not syncing: ([^\r\n]*)/.exec(console);
  if (panic !== null) return `the guest's kernel panicked: ${panic[1]}`;
  const when = marks.release === null ? "before the command started" : "while the command ran";
  return qemuKilled ? `QEMU was killed ${when}` : `the guest switched off ${when}`;
}
