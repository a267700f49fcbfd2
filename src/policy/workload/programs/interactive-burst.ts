import { TouchClock } from "../touch-clock.ts";
import { touchAll } from "./passes.ts";
import type { ProgramContext, ProgramCount } from "./program.ts";

/** Walks through its memory again and again for a while, then rests. */
export async function interactiveBurst(context: ProgramContext<"interactive-burst">): Promise<ProgramCount> {
  const { stage, numbers, compress } = context;
  const clock = new TouchClock();
  while (!stage.isOver()) {
    const activeUntilMs = performance.now() + numbers["active-ms"];
    const isOver = (): boolean => performance.now() >= activeUntilMs || stage.isOver();
    while (!isOver()) {
      await touchAll({ ...context, clock }, "xor", isOver);
      await stage.safePoint();
    }
    await compress();
    await stage.safePoint();
    await stage.rest(numbers["idle-ms"]);
  }
  return { count: clock.count, latency: clock.latency, askedPerSec: null, behind: 0 };
}
