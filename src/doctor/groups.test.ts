import { describe, expect, test } from "vitest";
import type { BirthTrial, GroupTrial } from "./group-trial.ts";
import { judgeBirth, judgeReuse } from "./groups.ts";
import type { PidfdTrial } from "./native.ts";
import { judgePidfds } from "./native.ts";

const born: BirthTrial = { way: "born" };
const trial = (change: Partial<GroupTrial>): GroupTrial => ({
  birth: born,
  birthAfterKill: born,
  freeze: null,
  kill: null,
  ...change,
});

describe("birth in a group", () => {
  test.each([
    [born, "yes", "a child was born in a new group"],
    [{ way: "joined", reason: "no-addon" }, "partly", "the launcher joined the group itself: the addon is missing"],
    [{ way: "failed", reason: "EAGAIN" }, "no", "no process could be put into a new group: EAGAIN"],
  ] as const)("%j is %s", (birth, status, found) => {
    expect(judgeBirth(trial({ birth }))).toMatchObject({ status, found });
  });

  test("that a plain user may not have is told apart from one that could not be asked", () => {
    const untried = "no permission";
    const denied = { untried, ownDirectory: "/g", ownBirth: { way: "failed", reason: "EACCES" } } as const;
    expect(judgeBirth(denied)).toMatchObject({
      status: "no",
      found: "refused (EACCES), and no group may be made: no permission",
    });
    expect(judgeBirth({ untried, ownDirectory: "/g", ownBirth: null })).toMatchObject({
      status: "unknown",
      found: "not tried: no permission",
      probe: "none",
    });
  });
});

describe("a group after cgroup.kill", () => {
  test("is spoilt when the kernel kills what is born in it", () => {
    const killed: BirthTrial = { way: "joined", reason: "killed-at-birth" };
    expect(judgeReuse(trial({ birthAfterKill: killed }))).toMatchObject([
      { status: "partly", facts: { born_after_kill: false } },
    ]);
    expect(judgeReuse(trial({}))).toMatchObject([{ status: "yes", facts: { born_after_kill: true } }]);
  });

  test("is not judged when nothing could be born there in the first place", () => {
    expect(judgeReuse(trial({ birth: { way: "joined", reason: "no-addon" } }))).toEqual([]);
    expect(judgeReuse(trial({ birthAfterKill: null }))).toEqual([]);
  });
});

describe("pidfds", () => {
  const ids = { pid: 7, tgid: 7, ppid: 1, ruid: 0, rgid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0 };
  const info = (mask: number, exitStatus: number | null): PidfdTrial => ({
    opened: true,
    info: { ...ids, mask, cgroupId: 1n, exitStatus },
    infoErrno: null,
  });

  test.each([
    [info(12, 0), "yes", "yes", "the exit status of a reaped process is kept"],
    [info(7, null), "yes", "partly", "group and ids are told, the exit status is not (Linux 6.15)"],
    [{ opened: true, info: null, infoErrno: null }, "yes", "no", "the kernel has no PIDFD_GET_INFO (Linux 6.13)"],
    [{ opened: true, info: null, infoErrno: "ESRCH" }, "yes", "no", "ESRCH"],
    [{ opened: false, reason: "it needs the addon" }, "no", "no", "it needs the addon"],
  ] as const)("case %#", (pidfds, open, status, found) => {
    expect(judgePidfds(pidfds)).toMatchObject([{ status: open }, { status, found }]);
  });
});
