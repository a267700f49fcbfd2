import assert from "node:assert/strict";
import { test } from "node:test";
import { fixture } from "../support.ts";
import { manyCallsConfig, runManyCalls } from "./many-calls.ts";
import { withGuard } from "./support.ts";

/** A thousand natively (test/host/thin-client.test.ts); under emulation each takes thirty times as long. Here the guard's own limits hold. */
const count = 60;

test("calls that end by their budget, by signals, by their clients' death and with children left leave nothing", async () => {
  await withGuard({ config: manyCallsConfig }, async (guard, place) => {
    const hog = { flags: ["--hint", "memory:16m"], command: `${fixture("touch-memory")} 64` };
    const { made, hogs, reasons } = await runManyCalls(guard, place, count, hog);
    assert.deepEqual([reasons["oom"], reasons["timeout"]], [hogs, made["out of time"]]);
    assert.ok((reasons["abandoned"] ?? 0) >= (made["client killed"] ?? 0) + (made["client killed with children"] ?? 0));
  });
});
