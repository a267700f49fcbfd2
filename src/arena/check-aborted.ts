import { CorralError } from "../report/index.ts";

/** @throws CorralError ABORTED; `work` is what is not gone on with */
export function checkAborted(signal: AbortSignal | null, work: "compression" | "prefetch"): void {
  if (signal?.aborted !== true) return;
  throw new CorralError("ABORTED", `the ${work} was aborted; what it had done stays`, { cause: signal.reason });
}
