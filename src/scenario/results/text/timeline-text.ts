import { figure } from "../../checks/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { atText, orDash, shown } from "../words.ts";

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
  const hold =
    phase.hold_ms === null
      ? "no hold"
      : `hold ${Math.round(phase.end_ms - phase.hold_ms)} ms of ${Math.round(phase.planned_hold_ms)} ms`;
  return `${phase.label} ${atText(phase.start_ms)} to ${atText(phase.end_ms)}, ${hold}, ${phase.groups} groups, ${phase.workers} workers, rate ${orDash(phase.iteration_rate, "/s")}`;
}

function opLines({ ops }: ScenarioDocument, phase: ScenarioDocument["phases"][number]): string[] {
  const own = ops.filter(({ step }) => (step === null ? 0 : step + 1) === phase.phase);
  const failed = own.slice(mostOps).filter(({ error }) => error !== null);
  const left = own.length - mostOps - failed.length;
  return [...own.slice(0, mostOps).map(opLine), ...failed.map(opLine), ...(left > 0 ? [`  … and ${left} more`] : [])];
}

const opLine = ({ kind, object, at_ms, duration_ms, error }: ScenarioDocument["ops"][number]): string =>
  `  ${atText(at_ms)} ${kind}${object === "" ? "" : ` ${shown(object)}`} (${figure(duration_ms)} ms)${error === null ? "" : ` FAILED: ${shown(error)}`}`;
