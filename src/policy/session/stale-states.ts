import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { removeIfStill } from "../../kernel/files/index.ts";
import { bootId, isRunning, toPid } from "../../kernel/index.ts";
import { decodePlain } from "../replay/index.ts";
import { isWithinRestart } from "./remembered.ts";
import type { PolicyState } from "./state-file.ts";

/** A state that is of no use any more. */
export interface StaleState {
  readonly path: string;
  /** Removes it, unless another policy has written there meanwhile. */
  readonly remove: () => void;
}

const statePattern = /^policy-[0-9a-f]{12}\.json$/;

/** Whoever wrote it is gone for certain, and no next policy would take it up. Of a text that says nothing, nothing is certain. */
function isStale(text: string): boolean {
  const state = decodePlain(text) as Partial<PolicyState> | null;
  const { boot_id: boot, pid, start_ticks: startTicks, written_ns: written } = state ?? {};
  if (typeof boot !== "string" || typeof pid !== "number" || typeof startTicks !== "number") return false;
  if (boot !== bootId()) return true;
  if (isRunning({ bootId: boot, pid: toPid(pid), startTicks })) return false;
  return typeof written === "string" && !isWithinRestart({ written_ns: written }, process.hrtime.bigint());
}

function textOf(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    return isStale(text) ? text : null;
  } catch {
    return null;
  }
}

/** States of policies that are gone, ten minutes after their last word: until then the next policy takes them up. */
export function staleStates(runtime: string): StaleState[] {
  let names: string[] = [];
  try {
    names = readdirSync(runtime).filter((name) => statePattern.test(name));
  } catch {
    // No directory, no states.
  }
  return names.flatMap((name) => {
    const path = join(runtime, name);
    const text = textOf(path);
    return text === null ? [] : [{ path, remove: () => removeIfStill(path, text) }];
  });
}
