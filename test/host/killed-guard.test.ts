/** A guard that is killed at random points of its work, on this host: its groups and freezes. Limits: test/vm/guard/killed.test.ts. */
import { test } from "node:test";
import { host } from "../shared/group-parent.ts";
import { killAgainAndAgain } from "../vm/guard/killed-guard.ts";
import { clearPlace, newPlace } from "../vm/guard/support.ts";

const mount = host.unified?.mountPoint ?? null;
const skip = process.getuid?.() !== 0 ? "needs root" : mount === null ? "no cgroup v2 mount" : false;

test("after each of a hundred kills nothing is frozen for more than a second, nothing is lost, and nothing is left", {
  skip,
}, async (t) => {
  const place = newPlace(mount ?? "/nowhere");
  const seed = Number(process.env["CORRAL_TEST_SEED"] ?? 1);
  try {
    const { early, found, restoredMs } = await killAgainAndAgain(place, {
      kills: Number(process.env["CORRAL_TEST_KILLS"] ?? 100),
      seed,
      workMs: 300,
      memory: "policy: none",
      // Without controllers no limit holds, and nothing is clamped.
      env: { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" },
    });
    const longest = Math.max(...restoredMs).toFixed(1);
    t.diagnostic(
      `${restoredMs.length} kills, ${early} early, ${found.frozen} froze; restored in ${longest} ms at most`,
    );
  } finally {
    await clearPlace(place);
  }
});
