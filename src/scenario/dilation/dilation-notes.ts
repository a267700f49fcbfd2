import { formatSeconds } from "../../report/index.ts";
import type { DilationRecord } from "../record/index.ts";

/** What the engine did because time is slower, for people; nothing with a factor of 1. */
export function dilationNotes({ setupFactor, source, uncountedMs }: DilationRecord): readonly string[] {
  if (source === "unknown") return ["how slow this machine is could not be measured: no limit in time was stretched"];
  if (setupFactor === 1) return [];
  return [
    `because set-up is ${setupFactor} times slower here, limits in time of the engine's own, of wait and of wait_payload were multiplied by that`,
    `because set-up is slower here, the duration counted settling and holds alone: ${formatSeconds(uncountedMs / 1000)} of set-up, ops and teardown are beside it`,
  ];
}
