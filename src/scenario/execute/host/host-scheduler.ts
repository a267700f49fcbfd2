import { readFileSync } from "node:fs";
import { CorralError } from "../../../report/index.ts";
import type { SchedulerSource } from "../ports.ts";
import type { HostGroups } from "./host-groups.ts";

export function hostScheduler(_groups: HostGroups): SchedulerSource {
  return {
    attach: async ({ name }) => {
      throw new CorralError("SCHEDULER_UNAVAILABLE", `${name} cannot be loaded`, { object: name });
    },
    state: () => {
      try {
        return readFileSync("/sys/kernel/sched_ext/state", "latin1").trim();
      } catch {
        return "absent";
      }
    },
  };
}
