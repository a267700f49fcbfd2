/** What tests of a guard share on a host, whose cgroup v2 mount may have no controllers: there it runs without limits. */
import { newPlace, type Place } from "../vm/guard/support.ts";
import { host } from "./group-parent.ts";

/** Where cgroup v2 is mounted; null: nowhere. */
export const mount = host.unified?.mountPoint ?? null;

/** Why no guard can run here, as the option of a test; false: one can. */
export const skip = process.getuid?.() !== 0 ? "needs root" : mount === null ? "no cgroup v2 mount" : false;

/** Environment of a guard that does without controllers. */
export const withoutControllers = { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" } as const;

/** As `newPlace`, below the mount of this host. */
export const newHostPlace = (): Place => newPlace(mount ?? "/nowhere");
