import type { GroupPlace } from "../../cgroup/index.ts";
import { freezerState, GroupHandle, writeControl } from "../../cgroup/index.ts";
import { formatSeconds } from "../../report/index.ts";
import type { ActionContext } from "../model/index.ts";
import type { Restores } from "./restores.ts";
import type { Site } from "./site.ts";
import { firstGround } from "./site.ts";
import type { Done, Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";

/** How long the processes of a group may take to stop, or to go on, before that is told. */
const waitMs = 2000;
const lookMs = 5;

interface Freezer {
  readonly group: GroupHandle;
  readonly path: string;
  readonly frozen: string;
  readonly thawed: string;
}

const fileOf = {
  1: { file: "freezer.state", frozen: "FROZEN", thawed: "THAWED" },
  2: { file: "cgroup.freeze", frozen: "1", thawed: "0" },
} as const;

function freezerOf({ directory, hierarchy: { version } }: GroupPlace): Freezer {
  const { file, frozen, thawed } = fileOf[version];
  const place = { path: directory, version, controllers: ["freezer" as const], device: 0, inode: 0 };
  return { group: new GroupHandle([place]), path: `${directory}/${file}`, frozen, thawed };
}

async function reaches(group: GroupHandle, wanted: "frozen" | "thawed"): Promise<boolean> {
  for (let left = waitMs; left > 0; left -= lookMs) {
    if (freezerState(group) === wanted) return true;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return freezerState(group) === wanted;
}

async function freeze(freezer: Freezer, mostMs: number, restores: Restores): Promise<Done> {
  const { group, path, frozen, thawed } = freezer;
  if (freezerState(group) === "frozen" && !restores.holds(path))
    return done("applied_no_gain", "the group was frozen already, by somebody else", null);
  const requestedNs = nowNs();
  // Anew, so that the time counts from now.
  restores.forget(path);
  await restores.keep({ path, original: thawed, ours: frozen, mostMs, throughDeath: true });
  try {
    writeControl(path, frozen);
  } catch (thrown) {
    restores.forget(path);
    throw thrown;
  }
  const until = `for ${formatSeconds(mostMs / 1000)} at most`;
  return (await reaches(group, "frozen"))
    ? done("applied", `the group is frozen, ${until}`, requestedNs)
    : done("partial", `the group was told to freeze ${until}, and a task of it goes on`, requestedNs);
}

async function thaw({ group, path, thawed }: Freezer, restores: Restores): Promise<Done> {
  const was = freezerState(group);
  const requestedNs = nowNs();
  writeControl(path, thawed);
  restores.forget(path);
  if (was === "thawed") return done("applied_no_gain", "the group was not frozen", requestedNs);
  return (await reaches(group, "thawed"))
    ? done("applied", "the group goes on", requestedNs)
    : done("partial", "the group was told to go on, and a group above it is frozen", requestedNs);
}

/**
 * Stops every process of the group, or lets it go on (cgroup.freeze; freezer.state on v1). A freeze ends after `mostMs`, when
 * the actions are closed, and when Corral dies; without a helper that sees to the last it is refused.
 * @param mostMs null: thaw
 */
export function prepareFreeze(
  mostMs: number | null,
  site: Site,
  context: ActionContext,
  restores: Restores,
): Step | Refusal {
  const ground = firstGround(site, ["unified", "freezer"], context.othersInGroup);
  if ("refused" in ground) return ground;
  const { place, affected } = ground;
  const freezer = freezerOf(place);
  if (freezerState(freezer.group) === null) return refuse("rejected", `${place.directory} cannot be frozen`);
  const value = mostMs === null ? freezer.thawed : freezer.frozen;
  return {
    plan: `write ${value} to ${freezer.path}, of ${affected.processes} processes`,
    affected,
    gain: null,
    run: () => (mostMs === null ? thaw(freezer, restores) : freeze(freezer, mostMs, restores)),
  };
}
