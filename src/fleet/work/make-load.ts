import * as v from "valibot";
import type { ConfigIssue, Judged } from "../../report/config/index.ts";
import { described, judgeValues, section } from "../../report/config/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { WrittenLimits } from "../../run/settings/file/index.ts";
import { limitsSection, toRawSettings } from "../../run/settings/file/index.ts";
import { overlaySettings, parseSettings, refusing, settingNames } from "../../run/settings/index.ts";
import type { LoadConfig } from "../load/index.ts";
import { loadSchema } from "../load/index.ts";
import type { Assignment } from "../model/index.ts";
import type { HostPolicy } from "./host-policy.ts";
import { whyNotPath, whyNotUrl } from "./host-policy.ts";
import { LoadWork } from "./load-work.ts";
import { placeholdersOf } from "./placeholders.ts";
import type { Work } from "./work.ts";

/** A configuration whose work is a load generator. */
export const loadWorkSchema = section({
  load: described(loadSchema, "What load is put on what."),
  limits: v.exactOptional(described(limitsSection(settingNames), "Of the generator, as of corral run.")),
});

interface LoadBench {
  readonly policy: HostPolicy;
}

/** What a configuration names that its host does not allow. */
function findForbidden({ file, http }: LoadConfig, policy: HostPolicy): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const refuse = (path: readonly string[], why: string | null): void => {
    if (why !== null) issues.push({ path: ["load", ...path], at: "value", message: `load.${path.join(".")} ${why}` });
  };
  if (file !== undefined) {
    if (!file.path.startsWith("/")) refuse(["file", "path"], `must be a whole path, not ${quote(file.path)}`);
    else refuse(["file", "path"], whyNotPath(policy, file.path, "/", []));
  }
  if (http !== undefined) refuse(["http", "url"], whyNotUrl(policy, http.url));
  return issues;
}

/** The configuration with what is an agent's own put in. */
function filled({ file, http, ...rest }: LoadConfig, fill: (text: string) => string): LoadConfig {
  return {
    ...rest,
    ...(file === undefined ? {} : { file: { ...file, path: fill(file.path) } }),
    ...(http === undefined ? {} : { http: { ...http, url: fill(http.url) } }),
  };
}

/** Judges the values of a configuration whose work is a load generator. */
export function makeLoad(value: unknown, assignment: Assignment, { policy }: LoadBench): Judged<Work> {
  const issues = judgeValues(loadWorkSchema, value);
  if (issues.length > 0) return { config: null, issues };
  const { limits } = value as { readonly limits?: WrittenLimits };
  // Nothing of its own is in the directory of a run.
  const config = filled(v.parse(loadWorkSchema, value).load, placeholdersOf(assignment, ""));
  const forbidden = findForbidden(config, policy);
  if (forbidden.length > 0) return { config: null, issues: forbidden };
  try {
    const source = refusing("CONFIG", (setting) => `limits.${setting}`);
    const settings = parseSettings(overlaySettings(toRawSettings(limits), policy.limits), source);
    return { config: new LoadWork(config, settings, policy, assignment), issues: [] };
  } catch (thrown) {
    const { message } = CorralError.from(thrown);
    return { config: null, issues: [{ path: ["limits"], at: "value", message }] };
  }
}
