import * as fc from "fast-check";
import { expect, test } from "vitest";
import { indexCount } from "../latencies/index.ts";
import type { AgentMessage, ControlMessage } from "../model/index.ts";
import { noWork } from "../model/index.ts";
import { decodeAgent, encodeAgent } from "./agent-codec.ts";
import { agentBytes } from "./bytes.ts";
import { decodeControl, encodeControl } from "./control-codec.ts";
import { AgentMessage as AgentWire, ControlMessage as ControlWire } from "./generated/fleet.ts";

const positive = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const counter = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const totals = fc.record({
  getOperations: counter,
  getBytes: counter,
  putOperations: counter,
  putBytes: counter,
  metaOperations: counter,
  errors: counter,
  retries: counter,
  metrics: fc
    .dictionary(
      fc.stringMatching(/^[a-z]\w{0,9}$/),
      fc.double({ noNaN: true }).map((one) => one + 0),
    )
    .map((one) => ({ ...one })),
});
/** Milliseconds that seconds of a double bring back as they are. */
const wholeMs = fc.nat(1_000_000).map((seconds) => seconds * 1000);
const cell = fc
  .record({
    operation: fc.constantFrom("get" as const, "put" as const, "meta" as const),
    sizeBucket: fc.nat(8),
    bytes: counter,
    buckets: fc.array(fc.tuple(fc.nat(indexCount - 1), fc.integer({ min: 1, max: 2 ** 32 - 1 })), { maxLength: 9 }),
  })
  .map(({ buckets, ...rest }) => {
    const ascending = buckets.toSorted(([one], [other]) => one - other);
    const [indexes, counts] = [ascending.map(([index]) => index), ascending.map(([, count]) => count)];
    return { ...rest, indexes: Uint16Array.from(indexes), counts: Uint32Array.from(counts) };
  });
const cells = fc.array(cell, { maxLength: 3 });
const percent = fc.double({ min: 0, max: 100, noNaN: true });
const interval = fc
  .record({
    fromMs: wholeMs,
    lastsMs: wholeMs,
    errors: counter,
    cpu: fc.option(fc.record({ userPercent: percent, systemPercent: percent, iowaitPercent: percent })),
    cells,
  })
  .map(({ lastsMs, ...rest }) => ({ ...rest, toMs: rest.fromMs + lastsMs }));
const report = { totals, intervals: fc.array(interval, { maxLength: 3 }), actualStartNs: positive };
const begun = { ...report, elapsedMs: wholeMs };
const rest = fc.option(fc.record(begun));
const end = {
  wallMs: wholeMs,
  cells,
  result: fc.string(),
  prepare: fc.option(fc.record({ wallMs: wholeMs, cells })),
};
const kind = <const K extends string>(name: K) => fc.constant(name);

const control: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record({
    kind: kind("start"),
    assignment: fc
      .record({ agentId: fc.string(), config: fc.string({ minLength: 1 }), pathPrefix: fc.string(), index: fc.nat(99) })
      .map((one) => ({ ...one, count: one.index + 1 })),
  }),
  fc.record({ kind: kind("go"), startNs: positive, localStartNs: positive, stage: fc.nat(99) }),
  fc.record({ kind: kind("ping"), id: positive, sentNs: positive }),
  fc.record({ kind: kind("abort"), reason: fc.string() }),
  fc.record({ kind: kind("acknowledge"), sequence: positive }),
);

const sequence = positive;
const agent: fc.Arbitrary<AgentMessage> = fc.oneof(
  fc.record({ kind: kind("ready"), atNs: positive, sequence }),
  fc.record({ kind: kind("preparing"), done: counter, total: fc.option(positive), sequence }),
  fc.record({ kind: kind("running"), ...begun, sequence }),
  fc.record({ kind: kind("completed"), ...report, ...end, sequence }),
  fc.record({ kind: kind("stage_done"), stage: fc.nat(99), ...report, ...end, sequence }),
  fc.record({ kind: kind("arrived"), stage: fc.nat(99), atNs: positive, sequence }),
  fc.record({
    kind: kind("error"),
    cause: fc.constantFrom("config_rejected" as const, "prepare_timeout" as const, "protocol" as const),
    message: fc.string(),
    result: fc.string(),
    rest,
    sequence,
  }),
  fc.record({ kind: kind("aborted"), reason: fc.string(), rest, sequence }),
  fc.record({ kind: kind("pong"), id: positive, receivedNs: positive, sentNs: positive, sequence }),
);

test("what a controller says is what an agent hears", () => {
  fc.assert(
    fc.property(control, (message) => {
      const bytes = ControlWire.encode(encodeControl(message)).finish();
      expect(decodeControl(ControlWire.decode(bytes))).toEqual(message);
    }),
  );
});

test("what an agent says is what a controller hears, up to the last of 64 bits", () => {
  fc.assert(
    fc.property(agent, (message) => {
      const bytes = AgentWire.encode(encodeAgent("agent-1", message)).finish();
      expect(decodeAgent(AgentWire.decode(bytes))).toEqual(message);
    }),
  );
});

/** What the generated code alone makes of bytes; null: it throws. */
function readPlainly(bytes: Uint8Array): AgentMessage | string | null {
  try {
    return decodeAgent(AgentWire.decode(bytes));
  } catch {
    return null;
  }
}

test("a report is read in place to the same effect as by the generated code, also when its bytes are broken", () => {
  fc.assert(
    fc.property(agent, fc.nat(), fc.nat(255), fc.boolean(), (message, at, byte, isBroken) => {
      const bytes = AgentWire.encode(encodeAgent("agent-1", message)).finish();
      if (isBroken) bytes[at % bytes.length] = byte;
      const plainly = readPlainly(bytes);
      if (plainly === null) expect(agentBytes.decode(bytes)).toMatch(/^\d+ bytes are no AgentMessage: /);
      else expect(agentBytes.decode(bytes)).toEqual(plainly);
    }),
    { numRuns: 2000 },
  );
});

test("a report that another encoder has written in its own way is read all the same", () => {
  const cells = [
    { operation: "get", sizeBucket: 2, bytes: 5n, indexes: Uint16Array.of(3, 300), counts: Uint32Array.of(1, 70_000) },
  ] as const;
  const { totals } = noWork;
  const message = { kind: "completed", totals, intervals: [], wallMs: 0, cells, prepare: null, result: "" } as const;
  const written = AgentWire.encode(encodeAgent("a", { ...message, actualStartNs: 1n, sequence: 2n })).finish();
  // Fields of a name behind the latencies, and numbers that are not packed.
  const name = [0x0a, 0x01, 0x61];
  const unpacked = [0xba, 0x04, 0x0f, 0x10, 2, 0x18, 5, 0x20, 3, 0x28, 1, 0x20, 0xa9, 2, 0x28, 0xf0, 0xa2, 4];
  const start = written.length - unpacked.length;
  expect(agentBytes.decode(written)).toMatchObject({ cells });
  expect(agentBytes.decode(Uint8Array.from([...written, ...name]))).toMatchObject({ cells });
  expect(agentBytes.decode(Uint8Array.from([...written.subarray(0, start), ...unpacked]))).toMatchObject({ cells });
});

test("a message without content asks for a sign of life", () => {
  expect(decodeControl(ControlWire.decode(new Uint8Array()))).toEqual({ kind: "ping", id: 0n, sentNs: 0n });
});

test("a start by the controller's clock alone is taken as it is", () => {
  const go = { kind: "go", startNs: 5n, localStartNs: 5n, stage: 0 } as const;
  expect(decodeControl({ ...encodeControl(go), local_start_ns: 0n })).toEqual(go);
});

const assignment = { agentId: "a", config: "x", pathPrefix: "", index: 0, count: 1 };
const start = encodeControl({ kind: "start", assignment });

test("a start without content, with both, or for an agent that there is not, is no message", () => {
  expect(decodeControl({ ...start, config_yaml: "" })).toBe("START has neither a configuration nor a moment");
  expect(decodeControl({ ...start, start_timestamp_ns: 1n })).toBe(
    "START has a configuration and a moment; one of them is due",
  );
  expect(decodeControl({ ...start, agent_index: 3, num_agents: 3 })).toBe("agent_index is 3, of 3 agents");
});

test("an error whose cause is not known is one of the workload", () => {
  const wire = {
    ...encodeAgent("a", { kind: "error", cause: "protocol", message: "m", result: "", rest: null, sequence: 1n }),
    cause: 0 as const,
  };
  expect(decodeAgent(wire)).toEqual({
    kind: "error",
    cause: "workload_failed",
    message: "m",
    result: "",
    rest: null,
    sequence: 1n,
  });
});

test("commands and states that nobody knows are told by their numbers", () => {
  const unknown = (bytes: number[]) => new Uint8Array(bytes);
  expect(decodeControl(ControlWire.decode(unknown([0x08, 99])))).toBe("command 99 is not known");
  expect(decodeAgent(AgentWire.decode(unknown([0x90, 0x01, 99])))).toBe("status 99 is not known");
  expect(decodeAgent(AgentWire.decode(unknown([])))).toBe("status 0 is not known");
});

test("latencies that name an unknown operation, a size that there is not, or that do not match are no message", () => {
  const totals = noWork.totals;
  const running = { kind: "running", totals, intervals: [], actualStartNs: 1n, elapsedMs: 0, sequence: 1n } as const;
  const withCell = (change: object) =>
    decodeAgent({
      ...encodeAgent("a", running),
      latencies: [{ operation: 0 as const, size_bucket: 0, bytes: 0n, index_steps: [1], counts: [1], ...change }],
    });
  expect(withCell({ operation: 9 })).toBe("operation 9 is not known");
  expect(withCell({ size_bucket: 9 })).toBe("size_bucket is 9, of 9");
  expect(withCell({ counts: [] })).toBe("1 index_steps have 0 counts");
  expect(withCell({ index_steps: [23_221] })).toBe("index_steps lead to 23221, of 23221");
});

test("an interval that ends before it begins is none", () => {
  const backwards = { fromMs: 2000, toMs: 1000, errors: 0n, cpu: null, cells: [] };
  const wire = encodeAgent("a", {
    ...{ kind: "running", totals: noWork.totals, actualStartNs: 1n, elapsedMs: 0, sequence: 1n },
    intervals: [backwards],
  });
  expect(decodeAgent(wire)).toBe("an interval goes from 2 s to 1 s");
});

test("what a state means does not depend on the flag of completion", () => {
  fc.assert(
    fc.property(agent, fc.boolean(), (message, completed) => {
      expect(decodeAgent({ ...encodeAgent("a", message), completed })).toEqual(message);
    }),
  );
});
