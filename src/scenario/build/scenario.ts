import type { Backdrop, HoldSpec, ModuleReference, Op, Payload, Scenario, Step } from "../model/index.ts";
import type { CgroupLike } from "./cgroup.ts";
import { toCgroupDef } from "./cgroup.ts";
import { ops } from "./ops.ts";

/** Groups of a step, as data or in the making, or a function in a module that makes them. */
export type SetupLike = readonly CgroupLike[] | ModuleReference;

type StepLike = Omit<Step, "setup"> & { readonly setup?: SetupLike };
type BackdropLike = Omit<Backdrop, "cgroups"> & { readonly cgroups?: readonly CgroupLike[] };
type ScenarioParts = Omit<Scenario, "version" | "name" | "backdrop" | "steps"> & {
  readonly backdrop?: BackdropLike;
  readonly steps: readonly StepLike[];
};

const isList = (setup: SetupLike): setup is readonly CgroupLike[] => Array.isArray(setup);

/** A step: ops, then groups, then the hold; in a loop the groups first. */
export function step({ setup, ...rest }: StepLike): Step {
  return setup === undefined ? rest : { ...rest, setup: isList(setup) ? setup.map(toCgroupDef) : setup };
}

/** A step that makes groups and holds. */
export const stepWithDefs = (groups: readonly CgroupLike[], hold: HoldSpec): Step => step({ setup: groups, hold });

/** A step of one op. */
export const stepWithOp = (op: Op, hold: HoldSpec): Step => ({ ops: [op], hold });

/** A step that starts a payload. */
export const stepWithPayload = (payload: string, hold: HoldSpec): Step => stepWithOp(ops.runPayload(payload), hold);

/** A step in which nothing is done. */
export const holdStep = (hold: HoldSpec): Step => ({ hold });

/** What lasts for the whole scenario. */
export function backdrop({ cgroups, ...rest }: BackdropLike): Backdrop {
  return cgroups === undefined ? rest : { ...rest, cgroups: cgroups.map(toCgroupDef) };
}

/** A program that is run as load. @param command the program and its arguments */
export const payload = (
  name: string,
  command: readonly string[],
  more: Omit<Payload, "name" | "command"> = {},
): Payload => ({ name, command, ...more });

/** A scenario as data: the same as a file of it gives. It is judged when it is planned. @param name plain name */
export function scenario(name: string, { backdrop: lasting, steps, ...rest }: ScenarioParts): Scenario {
  return {
    version: 1,
    name,
    ...rest,
    ...(lasting === undefined ? {} : { backdrop: backdrop(lasting) }),
    steps: steps.map(step),
  };
}
