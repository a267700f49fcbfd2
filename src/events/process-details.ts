import type { ProcessFacts } from "../kernel/index.ts";
import { processFacts } from "../kernel/index.ts";
import { groupId, groupPathOf } from "./cgroup-id.ts";
import type { ExecutedProgram, ProcessOwner } from "./lifecycle-event.ts";

/** Looks up what a record of a source does not tell. */
export interface DetailReader {
  owner(tgid: number): ProcessOwner;
  program(tgid: number): ExecutedProgram;
}

/** Most bytes of arguments that an event carries. */
export const argvBytesMost = 512;

export const unknownOwner: ProcessOwner = { uid: null, cgroupId: null };
export const unknownProgram: ExecutedProgram = { exe: null, argv: null, argvTruncated: false };

/** For a source that is not to read /proc for each event. */
export const noDetails: DetailReader = { owner: () => unknownOwner, program: () => unknownProgram };

function readCgroupId(tgid: number): bigint | null {
  const group = groupPathOf(tgid);
  return group === null ? null : groupId(group);
}

/** Cuts arguments to what an event carries. */
export function boundArgv(all: readonly string[]): Pick<ExecutedProgram, "argv" | "argvTruncated"> {
  const argv: string[] = [];
  let left = argvBytesMost;
  for (const argument of all) {
    const bytes = Buffer.from(argument, "utf8");
    if (bytes.length + 1 > left) {
      // Never in the middle of a character.
      const fitting = bytes.toString("utf8", 0, left).replace(/\ufffd$/, "");
      return { argv: [...argv, fitting], argvTruncated: true };
    }
    argv.push(argument);
    left -= bytes.length + 1;
  }
  return { argv, argvTruncated: false };
}

function programOf({ exe, argv }: ProcessFacts): ExecutedProgram {
  const bounded = argv === null ? { argv: null, argvTruncated: false } : boundArgv(argv);
  return { exe: exe?.path ?? null, ...bounded };
}

/** Reads /proc for each event: about 60 µs, and null for what is gone by then. */
export const readDetails: DetailReader = {
  owner: (tgid) => ({ uid: processFacts(tgid).uids?.real ?? null, cgroupId: readCgroupId(tgid) }),
  program: (tgid) => programOf(processFacts(tgid)),
};
