import type { MemoryAdvice, ProcessIdentity } from "../../kernel/index.ts";
import { adviseAnonymous, readSwapSpace } from "../../kernel/index.ts";
import { formatBytes } from "../../report/index.ts";
import { stopped } from "./failure.ts";
import type { Done, Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";
import type { Turns } from "./turns.ts";

/** One call of the kernel: so much is paged out in some tens of milliseconds. */
const sliceBytes = 16 * 2 ** 20;

/** Asked between two slices; a clause ends the advice there, and says why. */
export type WhyStop = () => string | null;

async function advise(identity: ProcessIdentity, advice: MemoryAdvice, whyStop: WhyStop): Promise<Done> {
  const requestedNs = nowNs();
  let [resident, skipped] = [0, 0];
  let errno: string | null = null;
  let why: string | null = null;
  for await (const slice of adviseAnonymous(identity, advice, sliceBytes)) {
    resident += slice.residentBytes;
    skipped += slice.skippedBytes;
    errno ??= slice.errno;
    why = whyStop();
    if (why !== null) break;
  }
  const about = `advised about ${formatBytes(resident)} of anonymous memory`;
  if (why !== null) return done("partial", `${about}, then ${why}`, requestedNs, { errno });
  if (resident === 0 && skipped === 0)
    return done("applied_no_gain", "the process has no anonymous memory", requestedNs);
  if (skipped > 0)
    return done("partial", `${about}; ${formatBytes(skipped)} could not be (${errno})`, requestedNs, { errno });
  return done("applied", about, requestedNs);
}

/** process_madvise(2) over the anonymous memory of the process. */
export function prepareMadvise(
  advice: MemoryAdvice,
  identity: ProcessIdentity,
  signal: AbortSignal | null,
  turns: Turns,
  whyStop: WhyStop = () => null,
): Step | Refusal {
  if (advice === "pageout" && readSwapSpace().freeBytes === 0)
    return refuse("rejected", "there is no free swap that anonymous memory could be paged out to");
  return {
    plan: `advise ${advice} about its anonymous memory`,
    affected: null,
    gain: advice === "pageout" ? "swap" : null,
    run: () =>
      turns.take(async () => {
        if (signal?.aborted === true) return stopped(null);
        return advise(identity, advice, () => (signal?.aborted === true ? "the policy was stopped" : whyStop()));
      }),
  };
}
