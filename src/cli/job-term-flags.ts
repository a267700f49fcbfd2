import { intents } from "../report/index.ts";
import type { FlagTable } from "./flag-definition.ts";

/** What names and places a job, whether its workload is started or attached to. */
export const jobTermFlags = {
  "job-id": {
    group: "Job and placement",
    common: true,
    value: "ID",
    brief: "name of the job; default: program and random letters",
  },
  tag: { group: "Job and placement", value: "KEY=VALUE", repeat: true, brief: "echoed in the report" },
  intent: {
    group: "Job and placement",
    value: "WHAT",
    choices: intents,
    brief: "production, test, experiment or soak; echoed in the report",
  },
  "sla-eligible": { group: "Job and placement", brief: "limits that are not applied count as a violation" },
  "cgroup-parent": { group: "Job and placement", value: "PATH", brief: "make the group below this existing one" },
  scope: {
    group: "Job and placement",
    value: "WHO",
    choices: ["auto", "cgroupfs", "systemd"],
    brief: "auto, cgroupfs or systemd: who makes the group",
  },
} as const satisfies FlagTable;
