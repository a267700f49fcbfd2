import { CorralError } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { scenarioGuestFlags, type scenarioRunFlags } from "./scenario-flags.ts";

/** What is not of a guest, or of a guest alone. @throws CorralError USAGE */
export function judgePlace(flags: RawFlags<typeof scenarioRunFlags>): void {
  const refuse = (flag: string, why: string, fix: string): never => {
    throw new CorralError("USAGE", `--${flag} ${why}`, { object: `--${flag}`, fix });
  };
  const guestFlags = Object.keys(scenarioGuestFlags) as (keyof typeof scenarioGuestFlags)[];
  const lonely = guestFlags.find((flag) => flags[flag] !== undefined);
  if (flags.vm !== true) {
    if (lonely !== undefined) refuse(lonely, "is of a guest, and this run is on the host", "add --vm, or leave it out");
    return;
  }
  for (const flag of ["supervise", "cgroup-parent"] as const)
    if (flags[flag] !== undefined)
      refuse(flag, "names something of the host, which a guest does not have", "leave it out, or leave --vm out");
}
