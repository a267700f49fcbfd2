import assert from "node:assert/strict";
import { test } from "node:test";
import { fixture } from "../support.ts";
import { manyCallsConfig, runManyCalls } from "./many-calls.ts";
import { withGuard } from "./support.ts";

/** A thousand natively (test/host/thin-client.test.ts), where no limit holds; under emulation each takes thirty times as long. */
const count = 200;

test("calls that end by their budget, by signals, by their clients' death and with children left leave nothing", async () => {
  await withGuard({ config: manyCallsConfig }, async (guard, place) => {
    const { made, reasons } = await runManyCalls(guard, place, count, fixture("touch-memory"));
    assert.deepEqual([reasons["oom"], reasons["timeout"]], [made["out of memory"], made["out of time"]]);
    assert.ok((reasons["abandoned"] ?? 0) >= (made["client killed"] ?? 0) + (made["client killed with children"] ?? 0));
  });
});
