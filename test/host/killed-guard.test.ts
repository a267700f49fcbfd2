/** A guard that is killed at random points of its work, on this host: its groups and freezes. Limits: test/vm/guard/killed.test.ts. */
import { test } from "node:test";
import { host } from "../shared/group-parent.ts";
import { killAgainAndAgain, killsWanted } from "../vm/guard/killed-guard.ts";
import { clearPlace, newPlace } from "../vm/guard/support.ts";

const mount = host.unified?.mountPoint ?? null;
const skip = process.getuid?.() !== 0 ? "needs root" : mount === null ? "no cgroup v2 mount" : false;

test("a guard that is killed leaves nothing frozen for a second, loses no session and leaves nothing", {
  skip,
}, async (t) => {
  const place = newPlace(mount ?? "/nowhere");
  try {
    const { early, found, restoredMs } = await killAgainAndAgain(place, {
      ...killsWanted(30),
      workMs: 200,
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
