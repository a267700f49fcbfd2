import { judgeValues } from "../../report/config/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { IsolationDocument } from "./document-schema.ts";
import { isolationSchema } from "./document-schema.ts";
import { replayPolicies } from "./scenario.ts";
import { summarise } from "./summary.ts";

/** A document, and the name of its file for messages. */
export interface NamedDocument {
  readonly file: string;
  readonly document: IsolationDocument;
}

const refused = (file: string, what: string, fix: string): CorralError =>
  new CorralError("USAGE", `--pool ${quote(file)} ${what}`, { object: file, fix });

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(file, "is no JSON", "name a file that --out has written");
  }
}

/** @throws CorralError USAGE for what is no whole `corral.isolation/1` */
export function readDocument(file: string, text: string): NamedDocument {
  const value = parseJson(file, text);
  if ((value as { readonly schema?: unknown } | null)?.schema !== "corral.isolation/1")
    throw refused(file, "is no corral.isolation/1", "name a file that --out has written");
  const [first] = judgeValues(isolationSchema, value);
  if (first !== undefined)
    throw refused(file, `is no corral.isolation/1: ${first.message}`, "name a file that --out has written");
  return { file, document: value as IsolationDocument };
}

/** What must be the same in all, as one text. */
const conditionsOf = ({ scenario: { sessions, limit_bytes, trace_ms, speed }, kernel }: IsolationDocument): string =>
  `${sessions} agents in ${limit_bytes} bytes, ${trace_ms} ms of trace ${speed} times as fast, Linux ${kernel}`;

/**
 * Takes the runs of several documents as those of one.
 * @throws CorralError USAGE when their conditions differ, or a run is there twice
 */
export function poolDocuments([first, ...others]: readonly [NamedDocument, ...NamedDocument[]]): IsolationDocument {
  const all = [first, ...others];
  const conditions = conditionsOf(first.document);
  const seen = new Map<string, string>();
  for (const { file, document } of all) {
    const own = conditionsOf(document);
    if (own !== conditions)
      throw refused(
        file,
        `has other runs than ${quote(first.file)}: ${own}, not ${conditions}`,
        "pool runs of one kind",
      );
    for (const { seed, run, policy } of document.runs) {
      const key = `run ${run} of ${policy} with seed ${seed}`;
      const other = seen.get(key);
      if (other !== undefined)
        throw refused(file, `has ${key}, as ${quote(other)} has`, "name each file once, and give each its own --seed");
      seen.set(key, file);
    }
  }
  const runs = all.flatMap(({ document }) => document.runs);
  const policies = replayPolicies.filter((policy) =>
    all.some((one) => one.document.policies.some((two) => two.policy === policy)),
  );
  return {
    ...first.document,
    scenario: {
      ...first.document.scenario,
      seeds: [...new Set(all.flatMap(({ document }) => document.scenario.seeds))],
    },
    complete: all.every(({ document }) => document.complete),
    policies: policies.map((policy) => summarise(policy, runs)),
    runs,
  };
}
