import * as v from "valibot";
import type { Judged } from "../../report/config/index.ts";
import {
  checked,
  described,
  expects,
  judgeValues,
  parseConfig,
  readConfigText,
  section,
  text,
  truth,
} from "../../report/config/index.ts";
import { pathGlob, textGlob } from "../../report/index.ts";
import type { WrittenLimits } from "../../run/settings/file/index.ts";
import { limitsSection, toRawSettings } from "../../run/settings/file/index.ts";
import { settingNames } from "../../run/settings/index.ts";
import type { HostPolicy } from "./host-policy.ts";
import { nothingAllowed } from "./host-policy.ts";

const patterns = (parse: (text: string) => unknown, description: string) =>
  v.exactOptional(described(v.array(v.pipe(text, checked<string>(parse)), expects("a list of patterns")), description));

/** A file that says what a host lets controllers do. */
export const hostPolicySchema = section({
  commands: patterns(pathGlob, "Programs that may run, by their whole paths."),
  paths: patterns(pathGlob, "Files and directories, with what is in them, that a configuration may name."),
  environment: patterns(textGlob, "Variables that a configuration may set."),
  urls: patterns(textGlob, "URLs that load may be put on."),
  scenarios: v.exactOptional(described(truth, "Whether scenarios may run.")),
  limits: v.exactOptional(described(limitsSection(settingNames), "Limits that every workload gets.")),
  user: v.exactOptional(described(text, "Whom workloads run as.")),
});

type RawHostPolicy = Omit<Partial<HostPolicy>, "limits"> & { readonly limits?: WrittenLimits };

/**
 * Reads and judges a file that says what a host allows.
 * @throws ConfigError (code CONFIG) with everything that is wrong in the file; CorralError CONFIG when it cannot be read
 */
export const loadHostPolicy = (path: string): HostPolicy =>
  parseConfig(readConfigText(path), path, (value): Judged<HostPolicy> => {
    // An empty file allows nothing.
    const issues = judgeValues(hostPolicySchema, value ?? {});
    if (issues.length > 0) return { config: null, issues };
    const { limits, ...raw } = (value ?? {}) as RawHostPolicy;
    return { config: { ...nothingAllowed, ...raw, limits: toRawSettings(limits) }, issues };
  });
