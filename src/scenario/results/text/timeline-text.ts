import { counted } from "../../../report/index.ts";
import { figure } from "../../checks/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { atText, noHoldText, orDash, shown } from "../words.ts";

/** Ops of one phase that are listed; a loop may have thousands. */
const mostOps = 20;

/** Phases with what was done in them and what changed from one to the next. */
export function timelineLines(document: ScenarioDocument): string[] {
  return document.phases.flatMap((phase) => [
    phaseLine(phase),
    ...opLines(document, phase),
    ...document.changes
      .filter((change) => change.phase === phase.phase)
      .map(({ metric, before, after, direction }) => `  ${direction}: ${metric} ${figure(before)} -> ${figure(after)}`),
  ]);
}

function phaseLine(phase: ScenarioDocument["phases"][number]): string {
  const rate = phase.iteration_rate === null ? "" : `, rate ${orDash(phase.iteration_rate, "/s")}`;
  return `${phase.label} ${atText(phase.start_ms)} to ${atText(phase.end_ms)}, ${holdText(phase)}, ${counted(phase.groups, "group")}, ${counted(phase.workers, "worker")}${rate}`;
}

/** What set-up takes of a hold is not worth a word while so much of it is left. */
const keptShare = 0.75;

function holdText(phase: ScenarioDocument["phases"][number]): string {
  const { hold_ms: begin, end_ms: end, planned_hold_ms: planned, wanted_hold_ms: wanted, rounds } = phase;
  if (begin === null) return "no hold";
  if (planned === 0 && wanted > 0) return noHoldText(wanted);
  const cut = planned < wanted * keptShare ? `, cut from ${Math.round(wanted)} ms` : "";
  const loop = rounds === null ? "" : `, ${counted(rounds, "round")}`;
  return `hold ${Math.round(end - begin)} ms of ${Math.round(planned)} ms${cut}${loop}`;
}

function opLines({ ops }: ScenarioDocument, phase: ScenarioDocument["phases"][number]): string[] {
  const own = ops.filter(({ step }) => (step === null ? 0 : step + 1) === phase.phase);
  const failed = own.slice(mostOps).filter(({ error }) => error !== null);
  const left = own.length - mostOps - failed.length;
  return [...own.slice(0, mostOps).map(opLine), ...failed.map(opLine), ...(left > 0 ? [`  … and ${left} more`] : [])];
}

const opLine = ({ kind, object, at_ms, duration_ms, error }: ScenarioDocument["ops"][number]): string =>
  `  ${atText(at_ms)} ${kind}${object === "" ? "" : ` ${shown(object)}`} (${figure(duration_ms)} ms)${error === null ? "" : ` FAILED: ${shown(error)}`}`;
