import type { MoveRefusal } from "../../cgroup/index.ts";
import { moveProcess } from "../../cgroup/index.ts";
import type { WarmKeeper } from "./warm-keeper.ts";

/** Moves a process with its threads into a group of cgroup v2; null: it went, or was gone already. */
export type MoveInto = (pid: number, directory: string) => MoveRefusal | null;

/**
 * Moves that let the keeper of the lock know what each took.
 * @param move how they are made; default moveProcess
 */
export const notedMoves =
  (keeper: Pick<WarmKeeper, "note">, move: MoveInto = moveProcess): MoveInto =>
  (pid, directory) => {
    const startMs = performance.now();
    const refusal = move(pid, directory);
    keeper.note(startMs, performance.now() - startMs);
    return refusal;
  };
