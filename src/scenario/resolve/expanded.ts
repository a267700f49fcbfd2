import type { CgroupDef, Scenario, Step } from "../model/index.ts";

/** A step whose groups are known. */
export type ExpandedStep = Omit<Step, "setup"> & { readonly setup?: readonly CgroupDef[] };

/** A scenario whose setups are groups and not modules (`expandSetups` of setups/). */
export type ExpandedScenario = Omit<Scenario, "steps"> & { readonly steps: readonly ExpandedStep[] };
