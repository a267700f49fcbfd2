import { staleStates } from "../policy/session/index.ts";
import { exitStatus, quote } from "../report/index.ts";
import type { KeptJob, StaleFile, SweepDocument } from "../run/jobs/index.ts";
import { sweep } from "../run/jobs/index.ts";
import { durationMs } from "../run/settings/index.ts";
import { leftScenarios } from "../scenario/execute/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { ownDirectories } from "./job-arguments.ts";
import type { gcFlags } from "./job-flags.ts";
import { writeText } from "./output.ts";

/** Most pids that a line names. */
const shownPids = 10;

const describeKept = ({ job_id, state, reason, pids }: KeptJob): string => {
  const more = pids.length > shownPids ? ` and ${pids.length - shownPids} more` : "";
  return `${job_id} (${state}): ${reason}${pids.length === 0 ? "" : `: ${pids.slice(0, shownPids).join(" ")}${more}`}`;
};

const kindNames: Readonly<Partial<Record<StaleFile["kind"], string>>> = {
  policy: "state of a policy",
  scenario: "what is left of the scenario",
};

/** The listing for people. */
function render(document: SweepDocument): string {
  const { cleared, kept, stuck, removed, unreadable, dry_run: dry } = document;
  const lines = [
    ...cleared.map((id) => `${dry ? "would clear" : "cleared"} ${id}`),
    ...removed.map(
      ({ path, kind }) => `${dry ? "would remove" : "removed"} ${kindNames[kind] ?? kind} ${quote(path, 300)}`,
    ),
    ...kept.map((job) => `kept ${describeKept(job)}`),
    ...stuck.map((job) => `not cleared ${describeKept(job)}`),
    ...unreadable.map(({ path, reason }) => `not touched ${quote(path, 300)}: ${reason}`),
  ];
  return `${lines.length === 0 ? "nothing to clear" : lines.join("\n")}\n`;
}

/**
 * `corral gc`: clears up after Corrals that were killed.
 * @returns 0, or 125 when a dead job could not be cleared away
 * @throws CorralError USAGE, STATE_UNREADABLE, CGROUP_IO when groups of a scenario cannot be removed
 */
export async function gcCommand(flags: RawFlags<typeof gcFlags>): Promise<number> {
  const age = flags["results-older-than"];
  const directories = ownDirectories();
  const document = await sweep(directories, {
    dryRun: flags["dry-run"] === true,
    resultsOlderThanMs: age === undefined ? null : flagValue("results-older-than", age, durationMs),
    foreign: [
      ...staleStates(directories.runtime).map((one) => ({ ...one, kind: "policy" as const })),
      ...leftScenarios(directories.runtime).map((one) => ({ ...one, kind: "scenario" as const })),
    ],
  });
  writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : render(document));
  return document.stuck.length === 0 ? 0 : exitStatus.corral;
}
