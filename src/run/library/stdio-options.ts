import type { Readable, Writable } from "node:stream";

/** A file that becomes standard input or output of the workload. */
export interface StdioFile {
  readonly file: string;
  /** True: output goes to the end of what is there. Default: false, the file is emptied first. */
  readonly append?: boolean | undefined;
}

/**
 * What one of the three becomes: `inherit` is this process's own; `ignore` is /dev/null; `pipe` is a stream of the job;
 * a number or an object with `fd` (a FileHandle of node:fs/promises) is an open descriptor, which stays the caller's; a
 * file is opened for the workload alone.
 */
export type StdioSlot = "inherit" | "ignore" | "pipe" | number | { readonly fd: number } | StdioFile;

/** All three alike, or standard input, output and error each by its own. */
export type StdioOption = "inherit" | "ignore" | "pipe" | readonly [StdioSlot, StdioSlot, StdioSlot];

/** Standard input is /dev/null, what the workload writes goes where this process writes. */
export type DefaultStdio = readonly ["ignore", "inherit", "inherit"];

type SlotOf<S extends StdioOption, I extends 0 | 1 | 2> = S extends readonly [StdioSlot, StdioSlot, StdioSlot]
  ? S[I]
  : S;

type StreamOf<Slot, Stream> = Slot extends "pipe" ? Stream : null;

/** Standard input as the job has it: a stream where it was `pipe`. */
export type StdinOf<S extends StdioOption> = StreamOf<SlotOf<S, 0>, Writable>;

/** Standard output (1) or error (2) as the job has it. */
export type OutputOf<S extends StdioOption, I extends 1 | 2> = StreamOf<SlotOf<S, I>, Readable>;
