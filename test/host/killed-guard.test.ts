/** A guard that is killed at random points of its work, on this host: its groups and freezes. Limits: test/vm/guard/killed.test.ts. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { requires } from "../shared/requires.ts";
import { killAt, tracing } from "../shared/strace.ts";
import { until } from "../shared/timing.ts";
import { killAgainAndAgain, killsWanted, leftFiles } from "../vm/guard/killed-guard.ts";
import {
  clearPlace,
  type GuardUnderTest,
  groupNames,
  spawnGuard,
  startGuard,
  thinClient,
} from "../vm/guard/support.ts";

// Without controllers no limit holds, and nothing is clamped.
const env = withoutControllers;

/** Not in the home of a place: whoever has that in his command line counts as the guard's. */
const programs = mkdtempSync(join(tmpdir(), "corral-watch-"));
after(() => rmSync(programs, { recursive: true }));

function compileWatch(): string {
  const program = join(programs, "watch-temporary");
  execFileSync("gcc", ["-O2", "-Wall", "-D_GNU_SOURCE", "-o", program, "test/vm/fixtures/watch-temporary.c"]);
  return program;
}

test("a guard that is killed leaves nothing frozen for a second, loses no session and leaves nothing", {
  skip,
}, async (t) => {
  const place = newHostPlace();
  try {
    const { early, found, restoredMs } = await killAgainAndAgain(place, {
      ...killsWanted(30),
      workMs: 200,
      memory: "policy: none",
      watch: compileWatch(),
      awaits: [(_guard, { frozen }) => frozen.length > 0],
      env,
    });
    const longest = Math.max(...restoredMs).toFixed(1);
    t.diagnostic(
      `${restoredMs.length} kills, ${early} early, ${found.frozen} froze; restored in ${longest} ms at most`,
    );
    assert.ok(found.frozen > 0, "nothing was frozen: the test proves nothing");
  } finally {
    await clearPlace(place);
  }
});

/** Waits until a guard was killed; one that has begun is killed then. @returns whether it had not begun */
async function wasKilled({ process: child, lines, stderr, client }: GuardUnderTest): Promise<boolean> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await until("the guard to begin or to end", () => hasEnded() || lines.some(({ event }) => event === "STARTED"));
  const isEarly = hasEnded();
  // The child is who traces it, and ends as it does.
  if (!isEarly) process.kill((await client.status()).pid, "SIGKILL");
  client.close();
  await until("the guard to end", hasEnded);
  assert.ok(child.signalCode === "SIGKILL" || child.exitCode === 137, stderr());
  return isEarly;
}

for (const call of ["mkdir", "rename"])
  test(`a guard that is killed at any ${call} of its beginning leaves what the next one knows of and takes away`, {
    skip,
  }, async (t) => {
    if (!requires(t, tracing())) return;
    let killed = 0;
    for (let isKilled = true; isKilled; ) {
      const place = newHostPlace();
      try {
        isKilled = await wasKilled(spawnGuard(place, { env, through: killAt(call, killed + 1) }));
        const next = await startGuard(place, { env });
        assert.equal(await next.end("SIGTERM"), 0, next.stderr());
        assert.deepEqual([existsSync(place.root), leftFiles(place.home)], [false, []], `${call} ${killed + 1}`);
        if (isKilled) killed += 1;
      } finally {
        await clearPlace(place);
      }
    }
    t.diagnostic(`killed at ${killed} places`);
    assert.ok(killed > 1);
  });

test("the time limit of a call holds under the guard that comes after the one that was killed", { skip }, async () => {
  const place = newHostPlace();
  try {
    const first = await startGuard(place, { env });
    const words = ["tool", "run", "--session", "session_low", "--socket", first.socket, "--hint", "time=3s"];
    const call = spawn(thinClient(), [...words, "--", "sleep", "600"], { stdio: "ignore" });
    const ended = once(call, "exit");
    await first.seen("TOOL_STARTED");
    await first.end("SIGKILL");
    const next = await startGuard(place, { env });
    assert.deepEqual(await ended, [137, null]);
    await until("its group to go", () => groupNames(join(next.root, "session_low", "tools")).length === 0);
    assert.equal(await next.end("SIGTERM"), 0, next.stderr());
  } finally {
    await clearPlace(place);
  }
});
