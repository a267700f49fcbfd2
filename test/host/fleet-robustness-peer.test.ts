/** `corral fleet run` with agents that are not Corral's: they say too much, too little, too often, or nothing at all. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import type { FleetEvent } from "../../src/fleet/live/index.ts";
import { openBench } from "../shared/bench.ts";
import type { FleetRan } from "../shared/fleet-bench.ts";
import { fleetFile, ms, runFleet } from "../shared/fleet-bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import type { ScriptedStream } from "../shared/scripted-agent.ts";
import { scriptedAgents } from "../shared/scripted-agent.ts";
import { scaled, sleep } from "../shared/timing.ts";

const bench = openBench();
const workload = { command: ["/bin/true"] };
/** So many agents at one address. */
const agentsAt = (address: string, count: number): { address: string }[] =>
  Array.from({ length: count }, () => ({ address }));

/** A run of agents at these addresses. */
const runOf = (addresses: readonly { readonly address: string }[], rest: object = {}): Promise<FleetRan> =>
  runFleet(bench, fleetFile(bench, addresses, { workload, ...rest }));
const causesOf = ({ status_: told }: FleetRan) => told.agents.map(({ failure }) => failure?.cause ?? null);

/** A run as it should be. */
async function behave(stream: ScriptedStream): Promise<void> {
  await stream.begin();
  stream.running(1);
  stream.completed(2);
  await stream.heard("acknowledge");
  stream.end();
}

describe("an agent that says too much", () => {
  test("what is no message, READY again and a gap beyond 2^53 are told, and the run completes", async (t) => {
    const far = 2n ** 53n + 100n;
    const address = await scriptedAgents(t, async (stream) => {
      await stream.heard("start");
      stream.bytes(Buffer.from([0xff, 0xff, 0xff]));
      for (let again = 0; again < 3; again += 1) stream.ready();
      await stream.heard("go");
      stream.running(10);
      stream.ready();
      // A state that nobody knows: field 18, a number.
      stream.bytes(Buffer.from([0x90, 0x01, 0x63]));
      stream.running(20, far);
      stream.completed(30);
      await stream.heard("acknowledge");
      stream.end();
    });
    const { status, status_: told, err } = await runOf([{ address }]);
    assert.equal(status, 0, err);
    const [agent] = told.agents;
    assert.deepEqual([agent?.state, agent?.operations], ["completed", 30]);
    assert.ok((agent?.missed_messages ?? 0) > 2 ** 53 - 100);
    assert.deepEqual(
      told.warnings.map((line) => line.replace(/^WARNING: agent-1: /, "").replace(/: \d+ bytes.*/, "")),
      [
        "what came is no message",
        ...["ready is ignored: it is ready", "ready is ignored: it is ready", "ready is ignored: it is collecting"],
        "what came is no message: status 99 is not known",
      ],
    );
  });

  test("what was overtaken is told and counts for nothing: figures never go back", async (t) => {
    const address = await scriptedAgents(t, async (stream) => {
      await stream.begin();
      stream.running(50, 100n);
      stream.running(40, 99n);
      stream.say({ kind: "error", cause: "workload_failed", message: "late", result: "", rest: null }, 98n);
      await sleep(scaled(1200));
      stream.completed(60, 101n);
      await stream.heard("acknowledge");
      stream.end();
    });
    const ran = await runFleet(bench, fleetFile(bench, [{ address }], { workload }));
    assert.equal(ran.status, 0, ran.err);
    assert.deepEqual([ran.status_.operations, ran.status_.agents[0]?.failure], [60, null]);
    for (const late of [99, 98]) assert.match(ran.err, new RegExp(`agent-1: message ${late} came after 100`));
  });

  test("a hundred that report ten times a second, and one that reports as fast as it can: all is heard, in bounded memory", async (t) => {
    const crowd = 100;
    const address = await scriptedAgents(t, async (stream, number) => {
      await stream.begin();
      const reports = number === 0 ? 20_000 : 30;
      for (let done = 1; done <= reports; done += 1) {
        stream.running(done);
        if (number !== 0) await sleep(100);
        else if (done % 500 === 0) await sleep(1);
      }
      stream.completed(reports);
      await stream.heard("acknowledge");
      stream.end();
    });
    const file = fleetFile(bench, agentsAt(address, crowd), { workload, timeouts: { connect: ms(20_000) } });
    const started = bench.start(
      ["fleet", "run", "--config", file, "--results", bench.fresh("results"), "--json-lines", "--quiet"],
      { limitMs: 120_000 },
    );
    let mostKb = 0;
    const timer = setInterval(() => {
      try {
        const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${started.pid}/status`, "utf8")) ?? [];
        mostKb = Math.max(mostKb, Number(kb ?? 0));
      } catch {
        // It has ended.
      }
    }, 100);
    const { status, out, err } = await started.ended;
    clearInterval(timer);
    assert.equal(status, 0, err);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as FleetEvent);
    const ended = events.flatMap((one) => (one.event === "agent" && one.to === "completed" ? [one.agent_id] : []));
    assert.equal(new Set(ended).size, crowd);
    const ticks = events.flatMap((one) => (one.event === "tick" ? [one] : []));
    assert.ok(ticks.length >= 3, `${ticks.length} ticks`);
    const operations = ticks.map((one) => one.operations);
    assert.deepEqual(
      operations,
      operations.toSorted((one, other) => one - other),
    );
    const gaps = ticks.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(ticks[index]?.at ?? ""));
    t.diagnostic(`the longest time between two ticks is ${Math.max(...gaps)} ms, the most memory ${mostKb} KiB`);
    assert.ok(mostKb > 0 && mostKb < 400_000, `${mostKb} KiB`);
  });
});

describe("the end of an agent's stream", () => {
  test("does not take its last word with it, closed or broken: forty of forty", async (t) => {
    const address = await scriptedAgents(t, async (stream, number) => {
      await stream.begin();
      stream.running(1);
      stream.completed(2);
      if (number % 2 === 0) stream.end();
      else stream.fail();
    });
    const { status, status_: told, err } = await runOf(agentsAt(address, 40));
    assert.deepEqual([status, told.agents_completed, told.operations], [0, 40, 80], err);
  });

  test("without a last word is a failure of this one alone", async (t) => {
    const address = await scriptedAgents(t, async (stream, number) => {
      if (number !== 1) return behave(stream);
      await stream.begin();
      stream.running(1);
      return stream.end();
    });
    const { status, status_: told } = await runOf(agentsAt(address, 3));
    assert.deepEqual([status, told.agents_completed], [2, 2]);
    const failed = told.agents.filter(({ failure }) => failure !== null);
    assert.deepEqual(
      failed.map(({ failure }) => [failure?.cause, failure?.during, failure?.message]),
      [["lost", "collecting", "it has closed the stream without a last word"]],
    );
  });

  test("with ABORTED that nobody asked for is one too", async (t) => {
    const address = await scriptedAgents(t, async (stream, number) => {
      if (number !== 0) return behave(stream);
      await stream.begin();
      stream.running(1);
      stream.say({ kind: "aborted", reason: "its own", rest: null });
      return stream.end();
    });
    const { status, status_: told } = await runOf(agentsAt(address, 2));
    assert.deepEqual([status, told.agents_completed], [2, 1]);
    assert.deepEqual(
      told.agents.flatMap(({ failure }) => (failure === null ? [] : [[failure.cause, failure.message]])),
      [["aborted", "its own"]],
    );
  });
});

describe("an agent that breaks the protocol", () => {
  for (const kind of ["running", "completed"] as const)
    test(`by ${kind.toUpperCase()} before it is ready ends the run for all with 5`, async (t) => {
      const address = await scriptedAgents(t, async (stream, number) => {
        await stream.heard("start");
        if (number !== 0) return stream.ready();
        return kind === "running" ? stream.running(1) : stream.completed(1);
      });
      const { status, status_: told } = await runOf(agentsAt(address, 2), { timeouts: { abort: ms(500) } });
      assert.deepEqual([status, told.outcome], [5, "rejected"]);
      assert.match(told.why, new RegExp(`${kind} is not expected while it is config_sent$`));
    });
});

describe("an agent that says nothing", () => {
  test("because something else listens there is named with what came of every attempt, and so are all others", async (t) => {
    // One takes connections and is silent, the other speaks another language.
    const silent = createServer((socket) => {
      socket.on("error", () => {});
      socket.resume();
    });
    const foreign = createServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    const addresses: { address: string }[] = [];
    for (const server of [silent, foreign]) {
      await new Promise<void>((resolve) => {
        server.listen(0, "127.0.0.1", resolve);
      });
      t.after(() => server.close());
      addresses.push({ address: `127.0.0.1:${(server.address() as AddressInfo).port}` });
    }
    const good = await scriptedAgents(t, behave);
    const timeouts = { connect: ms(700), retry: [ms(100)], abort: ms(500) };
    const ran = await runOf([...addresses, { address: good }], { timeouts });
    assert.deepEqual([ran.status, ran.status_.outcome, ran.status_.agents.length], [4, "unreachable", 3]);
    assert.ok(causesOf(ran).includes("unreachable"), causesOf(ran).join());
    for (const { failure, agent_id: id } of ran.status_.agents)
      assert.ok(failure !== null && failure.message !== "", `${id} has no reason`);
  });

  test("though it was connected is given up before the start, and ends the run for all with 6", async (t) => {
    const address = await scriptedAgents(t, async (stream) => {
      await stream.heard("start");
    });
    const { status, status_: told } = await runOf([{ address }], { timeouts: { prepare: ms(1000), abort: ms(500) } });
    assert.deepEqual([status, told.agents[0]?.failure?.cause], [6, "not_ready_in_time"]);
  });
});

expectNoLeftovers(bench);
