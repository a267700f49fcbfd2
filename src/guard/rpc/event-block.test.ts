import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { GuardEventDocument } from "../daemon/index.ts";
import { eventBlock } from "./event-block.ts";

const at = { timestamp: 12n, time: "2026-01-01T00:00:00.000Z" };

// An event of the protection of memory has a second time in it.
test("every time in an event is a number", () => {
  const observed = {
    limit_bytes: 1,
    headroom_bytes: 1,
    reserve_bytes: 0,
    bound_by: "host",
    stall_share: null,
    hits: 0,
    current_bytes: 1,
  };
  const decision: GuardEventDocument = {
    ...at,
    event: "DECISION",
    session: "s",
    domain: "s",
    policy: "two-stage",
    action: "clamp",
    from: "normal",
    to: "clamped",
    reason: "headroom",
    threshold: 1,
    observed,
    writes: [],
    killed: null,
    decided_ns: 34n,
    dry_run: false,
    failed: [],
  };
  const data = /^data: (.*)$/m.exec(eventBlock(decision))?.[1] ?? "";
  expect(JSON.parse(data)).toMatchObject({ timestamp: 12, decided_ns: 34, session: "s" });
});

test("whatever untrusted texts an event has, it is one block with one line of JSON that says the same", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\n\nevent: PLACED\ndata: {}", "\r\n\r", "\u2028\u0000\u001b[2J", '"}', "\ud800", "data: x\n\n"),
  );
  fc.assert(
    fc.property(hostile, hostile, (reason, rule) => {
      const block = eventBlock({ ...at, event: "PLACEMENT_FAILED", session: "s", pid: 7, rule, reason });
      const lines = block.split(/\r\n|\r|\n/);
      expect([lines.length, lines[0], lines[2], lines[3]]).toEqual([4, "event: PLACEMENT_FAILED", "", ""]);
      const said = JSON.parse((lines[1] ?? "").replace(/^data: /, "")) as Record<string, unknown>;
      expect([said["reason"], said["rule"], said["timestamp"]]).toEqual([reason, rule, 12]);
    }),
  );
});
