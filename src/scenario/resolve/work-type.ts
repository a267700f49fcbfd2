import { formatNumberList } from "../../kernel/index.ts";
import { durationOf } from "../file/index.ts";
import type { CustomWork, NumberList, WorkParameters, WorkPhase, WorkType, WorkTypeName } from "../model/index.ts";
import { describeWork, fillParameters, type phaseKinds } from "../model/index.ts";
import { readNumbers } from "./cpuset.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal, lacking, refuse } from "./refusal.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { parentName } from "./rehearsal.ts";
import type { ResolvedResources, ResolvedWork } from "./resolved-work.ts";

/** A kind of work with all of its parameters. */
export type SettledType = Pick<ResolvedWork, "workType" | "parameters" | "phases" | "custom" | "groupSize">;

/** A phase shorter than a microsecond is one of a microsecond. */
const toPhase = (phase: WorkPhase): ResolvedWork["phases"][number] => {
  const [kind, length] = Object.entries(phase)[0] as [(typeof phaseKinds)[number], string];
  return { kind, us: Math.max(1, Math.round(durationOf(length) * 1000)) };
};

const toCustom = ({
  module,
  export: exported = "default",
  name,
  config,
  samples = "none",
}: CustomWork): ResolvedWork["custom"] => ({
  module,
  export: exported,
  name: name ?? exported,
  config: config ?? null,
  samples,
});

/** Lists of nodes in the kernel's form, however they were written. */
const inOneForm = (parameters: Readonly<Record<string, unknown>>): WorkParameters =>
  Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [
      key,
      (Array.isArray(value) ? value.join(",") : value) as number | string,
    ]),
  );

/** A kind of work with its defaults filled in. */
export function settleType(type: WorkType): SettledType {
  const [workType, given] = (typeof type === "string" ? [type, {}] : Object.entries(type)[0]) as [
    WorkTypeName,
    WorkParameters,
  ];
  const plain = workType === "Sequence" || workType === "Custom" ? {} : given;
  const parameters = inOneForm(fillParameters(workType, plain));
  return {
    workType,
    parameters,
    phases: workType === "Sequence" ? (given as unknown as readonly WorkPhase[]).map(toPhase) : [],
    custom: workType === "Custom" ? toCustom(given as unknown as CustomWork) : null,
    groupSize: describeWork(workType).groupSize(parameters),
  };
}

/** Null when it can be done. */
export const judgeType = (workType: WorkTypeName): Refusal | null =>
  describeWork(workType).support === "later"
    ? refuse(`work type ${workType} is not supported yet`, "run the program as a payload, or use another work type")
    : null;

const none: ResolvedResources = { kind: "none" };

function sweptNodes(list: NumberList, { topology }: Rehearsal): ResolvedResources | Refusal {
  const existing = topology.nodes.map(({ id }) => id);
  const wanted = String(list) === "" ? existing : readNumbers(list);
  if (isRefusal(wanted)) return wanted;
  const absent = wanted.filter((node) => !existing.includes(node));
  return absent.length === 0
    ? { kind: "texts", texts: wanted.map(String) }
    : lacking(
        `memory node ${formatNumberList(absent)} is not there: there is ${formatNumberList(existing)}`,
        "change target_nodes",
      );
}

/** CPUs of each node that has some of the group's. */
function nodeCpus(group: string | null, rehearsal: Rehearsal): ResolvedResources {
  const { cpus, nodes } = rehearsal.topology;
  const own = (group === null ? null : rehearsal.effectiveCpus(group)) ?? cpus;
  const lists = nodes.map((node) => node.cpus.filter((cpu) => own.includes(cpu)));
  return { kind: "texts", texts: lists.filter((list) => list.length > 0).map(formatNumberList) };
}

function existingGroups(groups: readonly string[], rehearsal: Rehearsal): ResolvedResources | Refusal {
  const absent = groups.filter((name) => !rehearsal.groups.has(name));
  return absent.length === 0
    ? { kind: "groups", groups }
    : refuse(`the work needs the group ${absent.join(" and ")}, which is not there by then`, "make it before");
}

/**
 * What a kind of work needs beside numbers.
 * @param group where it runs; null: without a group
 */
export function resolveResources(
  { workType, parameters, phases }: SettledType,
  group: string | null,
  rehearsal: Rehearsal,
): ResolvedResources | Refusal {
  switch (workType) {
    case "IoSyncWrite":
    case "IoRandRead":
    case "IoConvoy":
      return { kind: "storage" };
    case "Sequence":
      return phases.some(({ kind }) => kind === "io") ? { kind: "storage" } : none;
    case "NumaWorkingSetSweep":
      return sweptNodes(parameters["target_nodes"] as NumberList, rehearsal);
    case "NumaMigrationChurn":
      return nodeCpus(group, rehearsal);
    case "CgroupAttachStorm":
      return existingGroups([String(parameters["dest"])], rehearsal);
    case "CgroupChurn": {
      if (group === null) return refuse("CgroupChurn moves through groups beside its own", "place it in a group");
      const parent = parentName(group);
      const beside = (at: number): string => `${parent === null ? "" : `${parent}/`}wt-cgroup-churn-${at}`;
      return existingGroups(
        Array.from({ length: Number(parameters["groups"]) }, (_, at) => beside(at)),
        rehearsal,
      );
    }
    default:
      return none;
  }
}
