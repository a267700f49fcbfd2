/** A guard that is killed at random points of its work, while sessions are clamped, frozen and weighed down for the sake of others. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import { fixture, read, write } from "../support.ts";
import { killAgainAndAgain, killsWanted } from "./killed-guard.ts";
import { clearPlace, type GuardUnderTest, type Line, newPlace } from "./support.ts";
import type { Temporary } from "./temporary.ts";

const mebibyte = 1024 * 1024;
/** Of all sessions together. What the two below hold leaves 30 MiB: less than what low ones are frozen for. */
const limitMib = 400;
const held = { session_high: 200, session_low: 170 } as const;

/** Fills the memory of a session for good. */
async function fill(root: string, session: keyof typeof held): Promise<void> {
  const group = `${root}/${session}`;
  const words = [fixture("grow-memory"), String(held[session]), "400", "36000"];
  spawn("sh", ["-c", `echo $$ >${group}/framework/cgroup.procs && exec "$@"`, "sh", ...words], { stdio: "ignore" });
  await until(`${session} to grow`, () => Number(read(`${group}/memory.current`)) > (held[session] - 4) * mebibyte);
}

/** From here on every guard finds memory short, and clamps and freezes the low session soon after its start. */
async function fillMemory({ root, seen }: GuardUnderTest): Promise<void> {
  write(`${root}/memory.max`, String(limitMib * mebibyte));
  await fill(root, "session_low");
  await fill(root, "session_high");
  await seen("DECISION", decidesToFreeze);
}

const decidesToFreeze = ({ event, action, session }: Line): boolean =>
  event === "DECISION" && action === "frozen" && session === "session_low";

/** This very guard has frozen it for lack of memory, and has not let it go on. */
const isFrozenByDecision = ({ lines }: GuardUnderTest, { frozen }: Temporary): boolean =>
  lines.some(decidesToFreeze) && frozen.some((one) => one.startsWith("/session_low "));

test("a guard that is killed leaves nothing clamped, frozen or weighed down for a second, loses no session and leaves nothing", async (t) => {
  const place = newPlace();
  try {
    const { early, found, restoredMs } = await killAgainAndAgain(place, {
      ...killsWanted(10),
      workMs: 3000,
      memory: "policy: two-stage",
      watch: fixture("watch-temporary"),
      awaits: [
        isFrozenByDecision,
        (_guard, { clamped }) => clamped.length > 0,
        (_guard, { weighed }) => weighed.length > 0,
      ],
      begin: fillMemory,
    });
    const { frozen, clamped, weighed } = found;
    const longest = Math.max(...restoredMs).toFixed(1);
    t.diagnostic(`${restoredMs.length} kills, ${early} early; ${frozen} froze, ${clamped} clamped, ${weighed} weighed`);
    t.diagnostic(`restored in ${longest} ms at most`);
    assert.ok(frozen > 0 && clamped > 0 && weighed > 0, "nothing was held: the test proves nothing");
  } finally {
    await clearPlace(place);
  }
});
