import { CorralError, intents } from "../report/index.ts";
import type { AttachSpec } from "../run/attach/index.ts";
import { checkJobId } from "../run/index.ts";
import { oneOf, settingNames, wholeNumber } from "../run/settings/index.ts";
import type { AttachFlagName, RawAttachFlags } from "./attach-flags.ts";
import { attachFlags } from "./attach-flags.ts";
import { flagValue } from "./flag-values.ts";
import type { RawLimitFlags } from "./limit-flags.ts";
import { readLimitFlags } from "./limit-settings.ts";
import { notEmpty, readTags } from "./run-spec.ts";

/** Whom a command line names. */
export type Wanted =
  | { readonly by: "pid"; readonly pids: readonly number[] }
  | { readonly by: "comm"; readonly pattern: string }
  | { readonly by: "job"; readonly jobIds: readonly string[] };

/** What becomes of Corral once the limits stand. */
export type Stay = "watch" | "once" | "background";

/** What `corral attach` is asked to do, judged. */
export interface AttachRequest {
  readonly wanted: Wanted;
  readonly terms: Omit<AttachSpec, "target">;
  readonly stay: Stay;
  /** Some limit was named. */
  readonly limited: boolean;
}

/** The highest pid that Linux knows, PID_MAX_LIMIT of include/linux/threads.h. */
const pid = wholeNumber(1, 4_194_304);

/** Flags that were decided when the job was made. */
const decidedBefore = [
  ...["no-tree", "once", "keep-limits", "force-move", "job-id"],
  ...["tag", "intent", "sla-eligible", "cgroup-parent", "scope"],
] as const satisfies readonly AttachFlagName[];

const usage = (message: string, flag: string, fix: string): CorralError =>
  new CorralError("USAGE", message, { object: `--${flag}`, fix });

/** The items of a comma-separated flag, each parsed. */
const readList = <T>(flag: string, text: string, parse: (item: string) => T): readonly T[] => [
  ...new Set(flagValue(flag, text, (whole) => whole.split(",").map(parse))),
];

function readWanted({ pid: pids, comm, job }: RawAttachFlags): Wanted {
  const given = [pids, comm, job].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const message = given.length === 0 ? "no process was named" : "--pid, --comm and --job exclude each other";
    throw usage(message, "pid", "give one of --pid, --comm and --job");
  }
  if (pids !== undefined) return { by: "pid", pids: readList("pid", pids, pid) };
  if (comm !== undefined) return { by: "comm", pattern: notEmpty("comm", comm) ?? "" };
  return { by: "job", jobIds: readList("job", job ?? "", checkJobId) };
}

function readStay(flags: RawAttachFlags): Stay {
  if (flags.once === true && flags.background === true)
    throw usage("--once and --background exclude each other", "once", "give one of them");
  if (flags.background === true && flags.json === true)
    throw usage("--background has no report to print", "json", "use --report FILE, or corral status ID --json later");
  if (flags.once === true) return "once";
  return flags.background === true ? "background" : "watch";
}

function refuseForJob(flags: RawAttachFlags): void {
  const flag = decidedBefore.find((name) => flags[name] !== undefined);
  if (flag !== undefined)
    throw usage(`--${flag} says how to attach, and the job of --job is attached already`, flag, "leave it out");
  if (flags["dry-run"] === true) throw usage("--dry-run has nothing to plan for --job", "dry-run", "leave it out");
}

/** True when a limit or attribute was named. */
export const namesLimits = (flags: RawLimitFlags): boolean => settingNames.some((name) => flags[name] !== undefined);

/**
 * Judges the flags of `corral attach`. Nothing is looked up or touched.
 * @throws CorralError USAGE with the flag and the rule
 */
export function toAttachRequest(flags: RawAttachFlags, environment: NodeJS.ProcessEnv): AttachRequest {
  const wanted = readWanted(flags);
  if (wanted.by === "job") refuseForJob(flags);
  const stay = readStay(flags);
  const settings = readLimitFlags(flags);
  const parent = notEmpty("cgroup-parent", flags["cgroup-parent"]) ?? null;
  const reported = flags.json === true || flags.report !== undefined;
  const needsGroup = Object.keys(settings.limits).length > 0;
  const { intent, scope } = flags;
  return {
    wanted,
    stay,
    limited: namesLimits(flags),
    terms: {
      ...settings,
      jobId: flags["job-id"] === undefined ? null : checkJobId(flags["job-id"]),
      tree: flags["no-tree"] !== true,
      keepLimits: flags["keep-limits"] === true,
      forceMove: flags["force-move"] === true,
      strict: flags.strict === true,
      slaEligible: flags["sla-eligible"] === true,
      intent: intent === undefined ? null : flagValue("intent", intent, oneOf(intents)),
      tags: readTags(flags.tag ?? []),
      cgroupParent: parent ?? (environment["CORRAL_CGROUP_PARENT"] || null),
      scope: scope === undefined ? "auto" : flagValue("scope", scope, oneOf(attachFlags.scope.choices)),
      // A process is never moved only to be counted, unless a group was asked for by name.
      account: parent !== null || scope === "systemd" || (reported && needsGroup),
    },
  };
}
