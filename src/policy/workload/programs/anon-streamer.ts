import { TouchClock } from "../touch-clock.ts";
import { touchAll } from "./passes.ts";
import type { ProgramContext, ProgramCount } from "./program.ts";

/** Walks through all memory, rests, and walks again, until its time is over. */
export async function anonStreamer(context: ProgramContext<"anon-streamer">): Promise<ProgramCount> {
  const { stage, numbers, compress } = context;
  const clock = new TouchClock();
  let passes = 0;
  const pass = async (): Promise<void> => {
    if (stage.isOver()) return;
    if (await touchAll({ ...context, clock }, "increment", stage.isOver)) passes += 1;
    await compress();
    await stage.safePoint();
  };
  while (!stage.isOver()) {
    await pass();
    await stage.rest(numbers["idle-ms"]);
    await pass();
  }
  return { count: passes, latency: clock.latency, askedPerSec: null, behind: 0 };
}
