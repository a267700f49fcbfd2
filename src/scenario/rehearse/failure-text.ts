import { counted } from "../../report/index.ts";
import type { CheckResult, Outcome, Where } from "../checks/index.ts";
import { figure, foldOutcomes, isAgainst } from "../checks/index.ts";
import { phaseLabel } from "../record/index.ts";
import { atText, groupName, shown, verdictWords } from "../results/index.ts";
import type { Rehearsal, RehearsedCheck } from "./rehearsal.ts";

/** Warnings of one run that are told beside its checks. */
const mostWarnings = 5;

const value = (found: number | string): string => (typeof found === "number" ? figure(found) : shown(found));

function whereWords({ cgroup, pid, cpu, payload, phase, atMs }: Where): readonly string[] {
  const word = (given: number | string | null, text: () => string): readonly string[] =>
    given === null ? [] : [text()];
  return [
    ...word(cgroup, () => `group ${groupName(String(cgroup))}`),
    ...word(payload, () => `payload ${shown(String(payload))}`),
    ...word(pid, () => `process ${pid}`),
    ...word(cpu, () => `CPU ${cpu}`),
    ...word(phase, () => phaseLabel(Number(phase))),
    ...word(atMs, () => `at ${atText(Number(atMs))}`),
  ];
}

function checkLines({ outcome, check, kind, message, found, limit, where, source }: RehearsedCheck): string[] {
  const figures = [
    ...(found === null ? [] : [`found ${value(found)}`]),
    ...(limit === null ? [] : [`limit ${value(limit)}`]),
  ];
  const details = [whereWords(where), figures].filter(({ length }) => length > 0).map((words) => words.join(", "));
  return [
    `  ${outcome.toUpperCase()} ${shown(check)} (${kind}): ${shown(message)}`,
    ...(details.length === 0 ? [] : [`    ${details.join("; ")}`]),
    ...(source === null ? [] : [`    asked for at ${source}`]),
  ];
}

/** What speaks against a run: what failed, then what nothing could be judged by. */
export const against = <T extends CheckResult>(
  { results, asked }: { readonly results: readonly T[] } & Pick<Rehearsal, "asked">,
  allowInconclusive: boolean,
): readonly T[] => {
  const isAllowed = allowInconclusive || asked.allowInconclusive === true;
  const spoiling = results.filter((result) => isAgainst(result, isAllowed));
  return (["fail", "inconclusive"] as const).flatMap((wanted) => spoiling.filter(({ outcome }) => outcome === wanted));
};

/** One run that did not pass, for people. */
function runLines({ record, results }: Rehearsal, spoiling: readonly RehearsedCheck[], which: string): string[] {
  const { scenario, host, warnings, runId } = record;
  const outcome: Outcome = foldOutcomes(spoiling.map((one) => one.outcome));
  const applied = results.filter(({ advisory, outcome: found }) => !advisory && found !== "skip").length;
  const place = `[sched=${host.scheduler === null ? "kernel" : shown(host.scheduler)}] [topo=${host.topology}]`;
  const more = warnings.length - mostWarnings;
  return [
    `scenario ${shown(scenario.name)} ${verdictWords[outcome]}${which}: ${spoiling.length} of ${counted(applied, "check")} did not hold`,
    ...spoiling.flatMap(checkLines),
    ...warnings.slice(0, mostWarnings).map((line) => `  WARNING ${shown(line)}`),
    ...(more > 0 ? [`  and ${counted(more, "more warning")}`] : []),
    `  run ${runId} ${place}`,
  ];
}

/** All runs that did not pass, for people: which check, of whom, what was found, the limit, and what asks for it. */
export function failureText(rehearsals: readonly Rehearsal[], allowInconclusive: boolean): string {
  return rehearsals
    .flatMap((rehearsal, at) => {
      const spoiling = against(rehearsal, allowInconclusive);
      const which = rehearsals.length === 1 ? "" : ` in run ${at + 1} of ${rehearsals.length}`;
      return spoiling.length === 0 ? [] : runLines(rehearsal, spoiling, which);
    })
    .join("\n");
}
