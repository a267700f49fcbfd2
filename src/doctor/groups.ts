import { existsSync } from "node:fs";
import type { Finding, FindingStatus } from "./finding.ts";
import type { BirthTrial, GroupTrial, NoTrial } from "./group-trial.ts";
import { tryGroup, tryOwnGroup } from "./group-trial.ts";
import type { Place } from "./places.ts";

const isTrial = (trial: GroupTrial | NoTrial): trial is GroupTrial => "birth" in trial;

const joinReasons = {
  "no-addon": "the addon is missing",
  "clone-unsupported": "the kernel or a seccomp filter has no CLONE_INTO_CGROUP",
  frozen: "the group is frozen",
  "killed-at-birth": "the kernel killed the child at birth",
} as const;

function describeBirth(birth: BirthTrial): string {
  if (birth.way === "born") return "a child was born in a new group";
  if (birth.way === "failed") return `no process could be put into a new group: ${birth.reason}`;
  return `the launcher joined the group itself: ${birth.reason === null ? "reason unknown" : joinReasons[birth.reason]}`;
}

const birthStatus: Readonly<Record<BirthTrial["way"], FindingStatus>> = { born: "yes", joined: "partly", failed: "no" };

const birthConsequences: Readonly<Record<BirthTrial["way"], string>> = {
  born: "a workload is in its group before its first instruction",
  joined: "the launcher joins the group and then executes the workload: as safe, one write later",
  failed: "a run cannot use a group on the v2 mount",
};

/** Whether a process can be born inside a group. */
export function judgeBirth(trial: GroupTrial | NoTrial): Finding {
  const base = { group: "groups", name: "clone3 into group" } as const;
  if (!isTrial(trial)) {
    const { ownBirth, untried } = trial;
    const asked = ownBirth?.way === "failed" ? `refused (${ownBirth.reason})` : "allowed in the own group";
    return {
      ...base,
      status: ownBirth === null ? "unknown" : "no",
      found: ownBirth === null ? `not tried: ${untried}` : `${asked}, and no group may be made: ${untried}`,
      probe: ownBirth === null ? "none" : "clone3(2) with CLONE_INTO_CGROUP of /bin/true into the own v2 group",
      consequence: "workloads start in this process's own v2 group",
      facts: { way: ownBirth?.way ?? null, reason: ownBirth?.way === "failed" ? ownBirth.reason : untried },
    };
  }
  const { birth } = trial;
  return {
    ...base,
    status: birthStatus[birth.way],
    found: describeBirth(birth),
    probe: "clone3(2) with CLONE_INTO_CGROUP of /bin/true into a group made for it",
    consequence: birthConsequences[birth.way],
    facts: { way: birth.way, reason: birth.way === "born" ? null : birth.reason },
  };
}

/** The bug of Linux 6.12 to 6.18: a group whose cgroup.kill was once written kills what is born in it. */
export function judgeReuse(trial: GroupTrial | NoTrial): Finding[] {
  if (!isTrial(trial) || trial.birth.way !== "born" || trial.birthAfterKill === null) return [];
  const spoilt = trial.birthAfterKill.way !== "born";
  return [
    {
      group: "groups",
      name: "reuse after kill",
      status: spoilt ? "partly" : "yes",
      found: spoilt
        ? "after cgroup.kill the kernel kills every child born in that group (a bug of Linux 6.12 to 6.18)"
        : "a group can be used again after cgroup.kill",
      probe: "a second child in the same group after writing 1 to its cgroup.kill",
      consequence: spoilt
        ? "each job gets a fresh group; in a killed one the launcher joins by cgroup.procs instead"
        : "nothing to avoid",
      facts: { born_after_kill: !spoilt },
    },
  ];
}

interface ControlMeaning {
  readonly withIt: string;
  readonly without: string;
}

const controlMeanings: Readonly<Record<"kill" | "freeze", ControlMeaning>> = {
  kill: {
    withIt: "a whole group dies at once, children that fork meanwhile included",
    without: "SIGKILL goes to each process that the group lists",
  },
  freeze: {
    withIt: "a group can be stopped and resumed as one, and still be killed while stopped",
    without: "the v1 freezer is used where there is one",
  },
};

function judgeControl(control: "kill" | "freeze", trial: GroupTrial | NoTrial): Finding {
  const { withIt, without } = controlMeanings[control];
  const base = { group: "groups", name: `cgroup.${control}` } as const;
  if (isTrial(trial)) {
    const problem = trial[control];
    return {
      ...base,
      status: problem === null ? "yes" : "no",
      found: problem === null ? "works" : `refused: ${problem}`,
      probe: `writing cgroup.${control} of a group made for it`,
      consequence: problem === null ? withIt : without,
      facts: { works: problem === null, reason: problem },
    };
  }
  const present = trial.ownDirectory !== null && existsSync(`${trial.ownDirectory}/cgroup.${control}`);
  return {
    ...base,
    status: "no",
    found: present ? `the kernel has it, but no group may be made: ${trial.untried}` : trial.untried,
    probe: trial.ownDirectory === null ? "/proc/self/mountinfo" : `cgroup.${control} of the own v2 group`,
    consequence: without,
    facts: { works: false, reason: trial.untried },
  };
}

/** Probes of the section Groups. */
export async function findGroups(tracking: Place | null): Promise<Finding[]> {
  const trial = await attemptTrial(tracking);
  return [judgeBirth(trial), ...judgeReuse(trial), judgeControl("kill", trial), judgeControl("freeze", trial)];
}

async function attemptTrial(tracking: Place | null): Promise<GroupTrial | NoTrial> {
  if (tracking === null) return tryOwnGroup("there is no cgroup v2 mount", null);
  const { ownDirectory } = tracking.hierarchy;
  if (tracking.reason !== null || tracking.parent === null)
    return tryOwnGroup(tracking.reason ?? "no parent", ownDirectory);
  if (tracking.stepAside) return tryOwnGroup("this process would have to leave its own group first", ownDirectory);
  return tryGroup(tracking.parent);
}
