import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, processFacts } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { lineageOf } from "./governed.ts";
import type { Self } from "./guards.ts";

/** This process's identity. @throws CorralError INTERNAL without /proc */
export function ourselves(): ProcessIdentity {
  const corral = identityOf(process.pid);
  if (corral === null) throw new CorralError("INTERNAL", "this process is not in /proc", { fix: "mount /proc" });
  return corral;
}

/** This process as the guards see it. */
export const ourSelf = (): Self => ({
  pid: process.pid,
  ancestors: lineageOf(process.pid)
    .slice(1)
    .map(({ pid }) => pid),
  cgroup: processFacts(process.pid).cgroup,
});
