/**
 * policy/workload/matrix: every workload under a policy of its own, and what came of it, in the files of the original's runner. What
 * may enter: numbers and a directory. What it may not know: flags, output, how workloads and policies work: it starts them as
 * programs and reads their records.
 */
export type { OwnProgram } from "./corral-child.ts";
export { readOnly } from "./matrix-plan.ts";
export type { MatrixFailure, MatrixSummary } from "./matrix-summary.ts";
export type { MatrixResult } from "./run-entry.ts";
export type { MatrixOptions } from "./run-matrix.ts";
export { runMatrix } from "./run-matrix.ts";
