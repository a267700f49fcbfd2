import { counted } from "../../report/index.ts";
import type { FlatConfig } from "./read-configs.ts";
import type { StoredRun, StoredStage } from "./read-run.ts";

/** More of them say nothing new. */
const mostDifferences = 8;
/** Of a value that is told. */
const longestValue = 60;

const short = (value: string | undefined): string => {
  if (value === undefined) return "nothing";
  return value.length <= longestValue ? value : `${value.slice(0, longestValue)}…`;
};

/** Values that two agents were told differently. */
function differencesOf(base: FlatConfig | null, other: FlatConfig | null): readonly string[] {
  if (base === null || other === null) return [];
  const ways = [...new Set([...base.keys(), ...other.keys()])];
  return ways
    .filter((way) => base.get(way) !== other.get(way))
    .map((way) => `${way}: ${short(base.get(way))} -> ${short(other.get(way))}`);
}

/** What keeps the figures of a run from being those of a whole one. */
function notesOn(run: StoredRun): readonly string[] {
  const { outcome, why, agents_total: total, agents_completed: completed } = run.status;
  const isWhole = outcome === "completed" || outcome === "missed";
  return [
    ...(isWhole ? [] : [`it ended as ${outcome}: ${why}; ${completed} of ${counted(total, "agent")} completed`]),
    ...run.stages.flatMap(notesOnResults),
  ];
}

function notesOnResults({ name, workload }: StoredStage): readonly string[] {
  const where = name === null ? "" : `in the stage ${name} `;
  if (workload === null) return [`${where}it has no results to compare`];
  const { errors, partial } = workload;
  return [
    ...(partial ? [`${where}its figures are of agents that did not complete`] : []),
    ...(errors > 0 ? [`${where}${counted(errors, "operation")} of it failed, which no figure shows`] : []),
  ];
}

/** What was asked of one run and not of the other. */
function notesOnSetup(base: StoredRun, other: StoredRun): readonly string[] {
  const [before, now] = [base.status.agents.length, other.status.agents.length];
  const told = base.configs.flatMap((config, agent) => differencesOf(config, other.configs[agent] ?? null));
  const differences = [...new Set(told)];
  const more = differences.length - mostDifferences;
  return [
    ...(before === now ? [] : [`it had ${counted(now, "agent")}, the first run ${before}`]),
    ...differences.slice(0, mostDifferences).map((one) => `it ran something else: ${one}`),
    ...(more > 0 ? [`and ${more} more differences of what it ran`] : []),
  ];
}

const hasResults = ({ stages }: StoredRun): boolean => stages.some(({ workload }) => workload !== null);

const kindsOf = ({ stages }: StoredRun): readonly string[] =>
  stages.flatMap(({ name, workload }) =>
    (workload?.rows ?? []).map(
      ({ operation, size_bucket: size }) => `${name === null ? "" : `${name}: `}${operation} ${size}`,
    ),
  );

/** Kinds and sizes of operations that only one of both has done: nothing of them is compared. */
function notesOnKinds(base: StoredRun, other: StoredRun): readonly string[] {
  if (!hasResults(base) || !hasResults(other)) return [];
  const [before, now] = [kindsOf(base), kindsOf(other)];
  const gone = before.filter((kind) => !now.includes(kind));
  const added = now.filter((kind) => !before.includes(kind));
  return [
    ...(gone.length === 0 ? [] : [`it did no ${gone.join(", ")}`]),
    ...(added.length === 0 ? [] : [`the first run did no ${added.join(", ")}`]),
  ];
}

/** What to know before two runs are compared; the directory says which run it is about. */
interface ComparisonNote {
  readonly run: string;
  readonly note: string;
}

/** What stands in the way of a comparison with the first run. */
export function compareSetups([base, ...others]: readonly StoredRun[]): readonly ComparisonNote[] {
  if (base === undefined) return [];
  const about = (run: StoredRun, notes: readonly string[]): readonly ComparisonNote[] =>
    notes.map((note) => ({ run: run.directory, note }));
  return [
    ...about(base, notesOn(base)),
    ...others.flatMap((other) =>
      about(other, [...notesOn(other), ...notesOnSetup(base, other), ...notesOnKinds(base, other)]),
    ),
  ];
}
