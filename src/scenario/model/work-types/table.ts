import { churnWork } from "./churn.ts";
import { computeWork } from "./compute.ts";
import { contentionWork } from "./contention.ts";
import type { WorkDescription, WorkParameters } from "./description.ts";
import { devicesWork } from "./devices.ts";
import { programsWork } from "./programs.ts";
import { wakingWork } from "./waking.ts";

/** Every kind of work by its name. */
export const workTypes = {
  ...computeWork,
  ...wakingWork,
  ...contentionWork,
  ...churnWork,
  ...devicesWork,
  ...programsWork,
} as const satisfies Readonly<Record<string, WorkDescription>>;

/** The name of a kind of work. */
export type WorkTypeName = keyof typeof workTypes;

type ValueOf<P> = P extends { readonly kind: "number" }
  ? number
  : P extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : string;
type ParametersOf<K extends WorkTypeName> = (typeof workTypes)[K]["parameters"];

/** Parameters as they are given: those left out have their defaults; a group must be named. */
export type GivenParameters<K extends WorkTypeName> = {
  readonly [P in keyof ParametersOf<K> as ParametersOf<K>[P] extends { readonly kind: "group" } ? never : P]?: ValueOf<
    ParametersOf<K>[P]
  >;
} & {
  readonly [P in keyof ParametersOf<K> as ParametersOf<K>[P] extends { readonly kind: "group" } ? P : never]: string;
};

/** Every kind of work. */
export const workTypeNames = Object.keys(workTypes) as readonly WorkTypeName[];

/** What is known of a kind of work. */
export const describeWork = (name: WorkTypeName): WorkDescription => workTypes[name];

/** Work of a process as a whole: it forks, moves itself, or is a program. */
const wholeProcesses: readonly WorkTypeName[] = ["ForkExit", "CgroupChurn", "CgroupAttachStorm", "CrossAffinityChurn"];

/** Whether workers of this kind can be threads of one process. */
export const canBeThread = (name: WorkTypeName): boolean =>
  workTypes[name].support === "native" && !wholeProcesses.includes(name);

/** Phases of `Sequence`, each with its length. io writes 64 KiB and sleeps 100 µs, again and again. */
export const phaseKinds = ["spin", "sleep", "yield", "io"] as const;
export type PhaseKind = (typeof phaseKinds)[number];

/**
 * Values of all parameters that have one: those that are given, and the defaults of the rest. A list without a value
 * is empty; a group has no default and is absent.
 */
export function fillParameters(name: WorkTypeName, given: WorkParameters): WorkParameters {
  const filled = Object.entries(describeWork(name).parameters).flatMap(([key, parameter]) => {
    const found = given[key];
    if (found !== undefined) return [[key, found] as const];
    if (parameter.kind === "group") return [];
    return [[key, parameter.kind === "list" ? "" : parameter.fallback] as const];
  });
  return Object.fromEntries(filled);
}
