import type { Operation } from "../model/index.ts";

/** Operations as people name them. */
export type LoadOperation = "get" | "put" | "stat" | "delete";

/** What each of them counts as. */
export const kindOf: Readonly<Record<LoadOperation, Operation>> = {
  get: "get",
  put: "put",
  stat: "meta",
  delete: "meta",
};

/** Told of each operation of preparing. */
export type PrepareStep = (operation: Operation, bytes: number, us: number) => void;

/** What load is put on. */
export interface LoadTarget {
  /** Steps that preparing takes. */
  readonly prepareSteps: number;
  /** Makes what operations need. Stops when the signal is aborted. */
  prepare(done: PrepareStep, signal: AbortSignal): Promise<void>;
  /** Does one operation. @returns the bytes that it moved. @throws whatever went wrong */
  perform(operation: LoadOperation): Promise<number> | number;
  /** Removes what was made. */
  close(): Promise<void>;
}

/** Who does it: an agent's part of the work. */
export interface LoadPart {
  /** Number from 0, and how many there are. */
  readonly index: number;
  readonly count: number;
  /** Put before paths; empty: agents see the same files and share them out. */
  readonly pathPrefix: string;
}
