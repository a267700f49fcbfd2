/**
 * scenario/model/work-types/: what synthetic workers can do, as one table, a file for each family: names, parameters with
 * defaults and bounds, how many workers belong together, and what they measure. The file's schema, the resolver and the worker
 * program are made from it. Pure.
 */
export type {
  WorkDescription,
  WorkLatencies,
  WorkParameter,
  WorkParameters,
  WorkSamples,
  WorkSupport,
} from "./description.ts";
export { workLatencies } from "./description.ts";
export type { GivenParameters, PhaseKind, WorkTypeName } from "./table.ts";
export { canBeThread, describeWork, fillParameters, phaseKinds, workTypeNames, workTypes } from "./table.ts";
