import { formatNumberList, parseNumberList } from "../../kernel/index.ts";
import { toLauncherOptions } from "../attributes.ts";
import type { ProcessAttributes } from "../spec.ts";
import type { WantedAttribute } from "./live-attributes.ts";

const bound = (value: bigint | null): string => (value === null ? "max" : String(value));

/** A CPU list in the one spelling that reading it back gives. */
const canonicalList = (text: string): string => {
  const list = parseNumberList(text);
  return list === null ? text : formatNumberList(list);
};

/** The attributes that were asked for, as values to be set on a process that runs already. */
export function wantedAttributes(attributes: ProcessAttributes): WantedAttribute[] {
  const { nice, oomScore, ioprio, sched, affinity, rlimits } = toLauncherOptions(attributes, [], "shared");
  const wanted = (name: string, value: string | null): WantedAttribute[] => (value === null ? [] : [{ name, value }]);
  return [
    ...wanted("oom-score", oomScore === null ? null : String(oomScore)),
    ...wanted("nice", nice === null ? null : String(nice)),
    ...wanted("ioprio", ioprio === null ? null : `${ioprio.class}:${ioprio.level}`),
    ...wanted("sched", sched === null ? null : `${sched.policy}:${sched.priority}`),
    ...wanted("affinity", affinity === null ? null : canonicalList(affinity)),
    ...rlimits.flatMap(({ resource, soft, hard }) => wanted(`rlimit.${resource}`, `${bound(soft)}:${bound(hard)}`)),
  ];
}
