import { pathName } from "../../report/config/index.ts";
import type { CheckResult, Judgement } from "../checks/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import { snakePath } from "../file/index.ts";
import type { RunRecord } from "../record/index.ts";
import type { ScenarioDocument } from "../results/index.ts";
import { scenarioDocument } from "../results/index.ts";
import { askedAt } from "./asked-at.ts";
import type { OwnResult } from "./own-checks.ts";

/** A check that was judged, and what asks for it. */
export interface RehearsedCheck extends CheckResult {
  /** `halves.yaml:14:3`; of a scenario without a file `checks.max_gap_ms`; null: nobody asked, or a function of the caller's. */
  readonly source: string | null;
}

/** One run of a scenario: what it was, and what came of it. */
export interface Rehearsal extends Omit<Judgement, "results"> {
  readonly record: RunRecord;
  /** Everything that was judged. */
  readonly results: readonly RehearsedCheck[];
}

/** What a run was judged by, with the places that ask for it. @param own results of functions that were asked beside the checks */
export function rehearsalOf(
  record: RunRecord,
  judgement: Judgement,
  { file, own = [] }: { readonly file: ScenarioFile | null; readonly own?: readonly OwnResult[] },
): Rehearsal {
  const ownPaths = new Map(own.map(({ result, path }) => [result, path]));
  const sourceOf = (result: CheckResult): string | null => {
    const path = ownPaths.has(result) ? (ownPaths.get(result) ?? null) : askedAt(result, record);
    if (path === null) return null;
    if (file === null) return pathName(snakePath(path));
    const { line, column } = file.locate(path, "key");
    return `${file.file}:${line}:${column}`;
  };
  return {
    ...judgement,
    record,
    results: judgement.results.map((result) => ({ ...result, source: sourceOf(result) })),
  };
}

/** A run as `corral.scenario/1`: what reports and comparisons are made of. */
export const documentOf = ({ record, results, ...judgement }: Rehearsal): ScenarioDocument =>
  scenarioDocument(record, { ...judgement, results: results.map(({ source: _, ...result }) => result) });
