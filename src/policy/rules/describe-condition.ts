import { formatBytes, formatSeconds } from "../../report/index.ts";
import type { Condition, MeasureOf } from "./condition.ts";

const time = (ns: bigint): string => formatSeconds(Number(ns) / 1e9);
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const whose: Readonly<Record<MeasureOf, string>> = {
  process: "of the process",
  group: "of its group",
  system: "of the host",
};
const eventNames = { exec: "its exec", fork: "its start", exit: "its end", enrol: "its enrolment" } as const;
const atOnce = {
  exec: "it has executed a program",
  fork: "it has started",
  exit: "it has ended",
  enrol: "it has enrolled",
} as const;
const quantity = (metric: string, value: number): string =>
  metric.endsWith("_bytes") ? formatBytes(value) : String(value);

/** A condition in words; it completes "acts as soon as …". */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case "since":
      if (condition.afterNs === 0n) return atOnce[condition.event];
      return `${time(condition.afterNs)} have passed since ${eventNames[condition.event]}`;
    case "idle":
      return `it has used less than ${percent(condition.cpuBelow)} of a CPU for ${time(condition.forNs)}`;
    case "level": {
      const { metric, of } = condition.measured;
      return `${metric} ${whose[of]} is above ${quantity(metric, condition.above)}`;
    }
    case "share":
      return `its group uses more than ${percent(condition.above)} of memory.high`;
    case "rise": {
      const { metric, of } = condition.measured;
      return `${metric} ${whose[of]} has grown by ${quantity(metric, condition.by)} within ${time(condition.withinNs)}`;
    }
    case "pressure":
      return `${condition.metric} ${whose[condition.of]} reaches ${condition.stallUs / 1000} ms within ${condition.windowUs / 1e6} s`;
    case "every":
      return `another ${time(condition.ns)} have passed`;
    case "daily":
      return `it is ${condition.minutes.map(clock).join(" or ")} UTC`;
    case "all":
    case "any":
      return condition.of.map((one) => bracketed(one)).join(condition.kind === "all" ? " and " : " or ");
    case "not":
      return `not ${bracketed(condition.of)}`;
    case "for":
      return `for ${time(condition.forNs)} ${bracketed(condition.of)}`;
  }
}

const bracketed = (condition: Condition): string => {
  const isGroup = condition.kind === "all" || condition.kind === "any" || condition.kind === "for";
  return isGroup ? `(${describeCondition(condition)})` : describeCondition(condition);
};

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
