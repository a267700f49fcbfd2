import type { CommandFunction, Program } from "./commands.ts";

/** Wraps a typed command function; the parser has checked nothing but the shape of the flags. */
export const typed =
  <F>(run: (flags: F, args: readonly string[], program: Program) => Promise<number>): CommandFunction =>
  (flags, args, program) =>
    run(flags as F, args, program);
