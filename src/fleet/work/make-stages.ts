import * as v from "valibot";
import type { ConfigIssue, Judged } from "../../report/config/index.ts";
import { described, expects, judgeValues, section, text, truth } from "../../report/config/index.ts";
import type { Work, WorkStage } from "./work.ts";

/** Stages of one run. */
export const mostStages = 100;

const stage = section({
  name: described(text, "What it is called."),
  barrier: v.exactOptional(described(truth, "Whether it begins at one moment on all agents. Default: true.")),
  workload: described(v.record(v.string(), v.unknown(), expects("keys and values")), "What runs in it."),
});

/** A configuration whose work is several stages, one after the other. */
const stagesSchema = section({
  stages: described(
    v.pipe(
      v.array(stage, expects("a list of stages")),
      v.minLength(1, "is empty"),
      v.maxLength(mostStages, `has more than ${mostStages} stages`),
    ),
    "What runs, in this order.",
  ),
});

/** Judges the workload of every stage before anything of the first is done; all that is wrong is told. */
export function makeStages(value: unknown, make: (workload: unknown) => Judged<Work>): Judged<readonly WorkStage[]> {
  const wrong = judgeValues(stagesSchema, value);
  if (wrong.length > 0) return { config: null, issues: wrong };
  const { stages } = v.parse(stagesSchema, value);
  const issues: ConfigIssue[] = [];
  const made = stages.flatMap(({ name, barrier = true, workload }, index) => {
    const { config, issues: found } = make(workload);
    issues.push(
      ...found.map((issue) => ({
        ...issue,
        path: ["stages", index, "workload", ...issue.path],
        message: `stages[${index}].workload${issue.path.length === 0 ? ": " : "."}${issue.message}`,
      })),
    );
    return config === null ? [] : [{ name, barrier, work: config }];
  });
  return issues.length > 0 ? { config: null, issues } : { config: made, issues: [] };
}
