/**
 * The library door: what `import … from "corral"` offers. Only re-exports; every name here is public API.
 */
export type { ErrorCode, ErrorDetails } from "./report/index.ts";
export { CorralError, errorCodes, exitStatus } from "./report/index.ts";
