/** An agent that has a thousand short runs, one after the other, and controllers that leave while one ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import type { RunningAgent } from "../shared/fleet.ts";
import { Call, call, plainDialer, startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();
const isTrue = JSON.stringify({ command: ["/bin/true"] });
const countOf = (agent: RunningAgent, wanted: string): number =>
  agent.log().filter(({ event }) => event === wanted).length;

/** Ways through a run that are short, and the last word of each. */
const shortRuns: readonly { readonly last: string; readonly config: string; readonly abort?: boolean }[] = [
  { last: "completed", config: isTrue },
  { last: "error", config: JSON.stringify({ command: ["/bin/false"] }) },
  { last: "error", config: JSON.stringify({ nonsense: true }) },
  { last: "aborted", config: isTrue, abort: true },
];

test("a thousand short runs of one agent have a thousand last words, one each, whichever way they end", async (t) => {
  const agent = await startAgent(t, bench);
  const dialer = plainDialer(t);
  const runs = 1000;
  let late = 0;
  const beganMs = performance.now();
  for (let number = 0; number < runs; number += 1) {
    const { last, config, abort = false } = shortRuns[number % shortRuns.length] ?? { last: "", config: "" };
    const run = new Call(dialer, agent.address);
    run.start(config);
    await until("it is ready or refused", () => run.messages.length > 0 || run.end !== undefined);
    if (abort) run.stream.send({ kind: "abort", reason: "enough" });
    else if (run.of("ready").length > 0) run.go(20);
    const why = await run.over();
    const kinds = run.kinds();
    // A machine that stood still for 20 ms has let the moment of the start go by, which is a last word, too.
    const isLate = run.of("error")[0]?.cause === "start_past";
    late += isLate ? 1 : 0;
    assert.deepEqual([kinds.at(-1), why], [isLate ? "error" : last, null], `run ${number}: ${kinds.join()}`);
    assert.equal(kinds.filter((kind) => ["completed", "error", "aborted"].includes(kind)).length, 1);
    assert.ok(run.of("ready").length <= 1, kinds.join());
    assert.deepEqual(
      run.messages.map(({ sequence }) => Number(sequence)),
      run.messages.map((_, at) => at + 1),
    );
  }
  t.diagnostic(`${runs} runs in ${((performance.now() - beganMs) / 1000).toFixed(1)} s, ${late} too late to begin`);
  await until("the agent to have told of every end", () => countOf(agent, "ended") >= runs);
  assert.equal(countOf(agent, "ended"), runs);
  assert.equal(countOf(agent, "warn"), 0);
});

test("a controller that leaves at any moment around the end of a workload finds the agent free, and in order", async (t) => {
  const agent = await startAgent(t, bench);
  const dialer = plainDialer(t);
  for (let number = 0; number < 100; number += 1) {
    const run = new Call(dialer, agent.address);
    run.start(isTrue);
    await run.heard("ready");
    run.go(10);
    await sleep(scaled(10 + (number % 25)));
    if (number % 2 === 0) run.stream.cut("gone");
    else {
      await run.stream.close();
      // Both have closed: it was not cut off.
      assert.equal(run.end, null);
    }
    await until("the agent is free", () => countOf(agent, "ended") === number + 1);
  }
  assert.equal((await call(t, dialer, agent.address).run(isTrue)).at(-1)?.kind, "completed");
  assert.equal(countOf(agent, "warn"), 0);
});

expectNoLeftovers(bench);
