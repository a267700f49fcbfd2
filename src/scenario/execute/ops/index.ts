/**
 * scenario/execute/ops/: what each op does. What may enter: the engine and one settled op. What may not: which step it is in,
 * and what becomes of its error.
 */
export { doOp } from "./do-op.ts";
export { keepCounts } from "./wait-op.ts";
