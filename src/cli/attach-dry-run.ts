import { exitStatus } from "../report/index.ts";
import type { AttachPlan, AttachSpec, Selection } from "../run/attach/index.ts";
import { planAttach, toAttachPlanDocument } from "../run/attach/index.ts";
import type { StateDirectories } from "../run/index.ts";
import { describeOutcome } from "../run/index.ts";
import { describeDirectories, describeWrites, lacksSomething, section } from "./dry-run.ts";
import { say, writeText } from "./output.ts";

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function toLines({ target, jobId, argv, pids, managers, placement, moves, changes, refused }: AttachPlan): string[] {
  const { plan, directories, obstacles, weaker, failing, scope } = placement;
  return [
    `job ${jobId}: process ${target.pid}: ${argv.map((word) => JSON.stringify(word)).join(" ")}`,
    ...section("would be refused:", refused === null ? [] : [`  ${refused.toLine()}`]),
    ...section("would govern:", [`  ${pids.join(" ")}`]),
    ...section(
      "managed by somebody else:",
      managers.map(({ pid, kind, name }) => `  ${pid}: ${kind} ${JSON.stringify(name)}`),
    ),
    ...section("would ask systemd for:", scope === null ? [] : [`  ${scope}`]),
    ...describeDirectories(directories),
    ...section("would write:", describeWrites(plan)),
    ...section(
      "would move:",
      moves.map(({ pid, from, to }) => `  ${pid}: ${from} -> ${to}`),
    ),
    ...section(
      "would change:",
      changes.map(({ tid, attribute, before, after }) => `  ${attribute} of ${tid}: ${before} -> ${after}`),
    ),
    ...section("only in a weaker form here:", indent(weaker)),
    ...section("cannot be had here:", indent([...plan.settled.map(describeOutcome), ...obstacles, ...failing])),
  ];
}

/**
 * Prints what an attach would do; nothing is touched.
 * @returns the exit status: that of the first refusal that is known beforehand
 */
export function printAttachPlan(
  selection: Selection,
  spec: Omit<AttachSpec, "target">,
  directories: StateDirectories,
  json: boolean,
): number {
  const plans = selection.targets.map((target) => planAttach({ ...spec, target }, directories));
  const text = json
    ? JSON.stringify(toAttachPlanDocument(plans, selection, spec), null, 2)
    : plans.flatMap((plan) => toLines(plan)).join("\n");
  if (text !== "") writeText(1, `${text}\n`);
  for (const { error } of selection.refused) say(error.toLine());
  const refusal = plans.find(({ refused }) => refused !== null)?.refused ?? selection.refused[0]?.error ?? null;
  if (refusal !== null) return refusal.exitStatus;
  const lacking = plans.some(({ placement }) => lacksSomething(placement));
  if (!spec.strict || !lacking) return 0;
  say("--strict would refuse to attach");
  return exitStatus.corral;
}
