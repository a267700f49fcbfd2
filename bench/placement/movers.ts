import path from "node:path";
import { startGuard } from "../tool/guard.ts";
import type { Place } from "../watch/discoverers.ts";
import { startCgrulesengd, whyNoCgrulesengd } from "../watch/discoverers.ts";

/** What moves a process when it has executed a program. */
export interface Mover {
  readonly name: string;
  /** Why it cannot be measured here, or null. */
  readonly missing: string | null;
  start(place: Place): Promise<{ end(): Promise<void> }>;
}

const guard = (name: string, ...keys: readonly string[]): Mover => ({
  name,
  missing: null,
  start: ({ scratch, parent, target }) => {
    const unified = parent.directoryOf("unified");
    if (unified === null) throw new Error("there is no cgroup v2 mount here");
    const rule = `placement: [{ name: bench, session: bench, match: { exe: ${target} } }]`;
    return startGuard(scratch, path.join(unified, "guard"), rule, ...keys);
  },
});

/** The first is the one that targets are for. */
export const movers: readonly Mover[] = [
  guard("corral guard"),
  { name: "cgrulesengd", missing: whyNoCgrulesengd(), start: startCgrulesengd },
];
