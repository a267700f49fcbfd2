import { existsSync } from "node:fs";
import type { GroupUse, HostCgroups } from "../../cgroup/index.ts";
import {
  controlNumber,
  currentMemoryFile,
  hostCgroupsReader,
  parseFlatKeyed,
  placeAt,
  readGroupMemory,
  tryReadControl,
} from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isRunning, readProcessStat, readStatusMemory } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Metric, SampleSubject, SignalWant } from "../model/index.ts";
import type { Counters } from "./event-file.ts";
import { eventFile, lookAtCounters } from "./event-file.ts";
import type { Look, Looks } from "./looks.ts";
import type { Threshold } from "./psi-plan.ts";
import type { Stall } from "./psi-trigger.ts";
import { openPsiTrigger, readStallUs } from "./psi-trigger.ts";
import type { OpenSource } from "./source.ts";

/** How a want is served: what is opened, under which name others share it, and which number of it is meant. */
export interface Served {
  readonly key: string;
  readonly open: OpenSource<number | Counters>;
  readonly pick: (value: number | Counters) => number | null;
}

const defaultEveryMs = 1000;
const defaultTrigger: Threshold = { stallUs: 100_000, windowUs: 1_000_000 };

const unavailable = (message: string, object: string, fix?: string): CorralError =>
  new CorralError("SIGNAL_UNAVAILABLE", message, { object, ...(fix === undefined ? {} : { fix }) });

export const subjectName = (subject: SampleSubject): string =>
  subject.kind === "process"
    ? `process ${subject.identity.pid}`
    : subject.kind === "group"
      ? `group ${subject.path}`
      : "the host";

const asNumber = (value: number | Counters): number | null => (typeof value === "number" ? value : null);
const counter = (name: string) => (value: number | Counters) =>
  typeof value === "number" ? null : (value.get(name) ?? null);

/** The directory of a group in the first of several hierarchies that has it. */
function groupDirectory(host: HostCgroups, path: string, uses: readonly GroupUse[]) {
  const places = uses.map((use) => placeAt(host, use, path)).filter((place) => place !== null);
  const place = places.find(({ directory }) => existsSync(directory));
  if (place !== undefined) return place;
  const where = places[0]?.directory ?? "on this host, which has no such hierarchy";
  throw unavailable(`there is no group ${path}: ${where}`, path, "write it as in /proc/PID/cgroup");
}

/** A file that must hold a number: looked at, and gone with its group. */
function lookAtNumber(file: string, perUnit = 1): Look<number> {
  return () => {
    const value = controlNumber(tryReadControl(file));
    return value === null ? { gone: `${file} is gone` } : { value: value / perUnit };
  };
}

const ticksPerSecond = 100;

function lookAtProcess(identity: ProcessIdentity, metric: "cpu_us" | "rss_bytes"): Look<number> {
  const gone = { gone: `process ${identity.pid} has ended` };
  return () => {
    if (!isRunning(identity)) return gone;
    if (metric === "rss_bytes") {
      const value = readStatusMemory(identity.pid).rssBytes;
      return value === null ? gone : { value };
    }
    const stat = readProcessStat(identity.pid);
    return stat === null ? gone : { value: ((stat.userTicks + stat.sysTicks) * 1_000_000) / ticksPerSecond };
  };
}

function lookAtGroupCpu(host: HostCgroups, path: string): Look<number> {
  const place = groupDirectory(host, path, ["unified", "cpuacct"]);
  if (place.hierarchy.version === 1) return lookAtNumber(`${place.directory}/cpuacct.usage`, 1000);
  return () => {
    const value = parseFlatKeyed(tryReadControl(`${place.directory}/cpu.stat`)).get("usage_usec");
    return value === undefined ? { gone: `${place.directory} is gone` } : { value };
  };
}

function lookAtGroupRss(host: HostCgroups, path: string): Look<number> {
  const place = groupDirectory(host, path, ["memory"]);
  return () => {
    const value = readGroupMemory(place).anonBytes;
    return value === null ? { gone: `${place.directory} is gone` } : { value };
  };
}

function lookOf(host: HostCgroups, subject: SampleSubject, metric: Metric): Look<number> {
  if (subject.kind === "process" && (metric === "cpu_us" || metric === "rss_bytes"))
    return lookAtProcess(subject.identity, metric);
  if (subject.kind === "group") {
    const { path } = subject;
    if (metric === "cpu_us") return lookAtGroupCpu(host, path);
    if (metric === "rss_bytes") return lookAtGroupRss(host, path);
    const place = groupDirectory(host, path, ["memory"]);
    if (metric === "memory_current_bytes") return lookAtNumber(currentMemoryFile(place));
    if (metric === "memory_high_bytes" && place.hierarchy.version === 2)
      return lookAtNumber(`${place.directory}/memory.high`);
  }
  throw unavailable(`${subjectName(subject)} has no ${metric} here`, metric);
}

/** Where v1 counts the same: the file and its key, or a file of one number. */
const v1Counters: Readonly<Partial<Record<Metric, { readonly file: string; readonly key: string | null }>>> = {
  events_oom_kill: { file: "memory.oom_control", key: "oom_kill" },
  events_max: { file: "memory.failcnt", key: null },
};

function serveEvents(host: HostCgroups, path: string, metric: Metric, everyMs: number, looks: Looks): Served {
  const place = groupDirectory(host, path, ["memory"]);
  if (place.hierarchy.version === 2) {
    const file = `${place.directory}/memory.events`;
    if (!existsSync(file))
      throw unavailable(`${file} does not exist`, file, "enable the memory controller for the group");
    return { key: file, open: eventFile(file, everyMs, looks), pick: counter(metric.slice("events_".length)) };
  }
  const known = v1Counters[metric];
  if (known === undefined) throw unavailable(`cgroup v1 does not count ${metric.slice("events_".length)} events`, path);
  const file = `${place.directory}/${known.file}`;
  const reason = "cgroup v1 counts, and tells nobody";
  return known.key === null
    ? {
        key: `${file} ${everyMs}`,
        open: looks.open<number | Counters>(everyMs, false, lookAtNumber(file), reason),
        pick: asNumber,
      }
    : {
        key: `${file} ${everyMs}`,
        open: looks.open<number | Counters>(everyMs, false, lookAtCounters(file), reason),
        pick: counter(known.key),
      };
}

function pressureFile(host: HostCgroups, subject: SampleSubject, resource: string): string {
  if (subject.kind === "system") return `/proc/pressure/${resource}`;
  if (subject.kind === "group")
    return `${groupDirectory(host, subject.path, ["unified"]).directory}/${resource}.pressure`;
  throw unavailable("a process has no pressure of its own", subjectName(subject), "ask for that of its group");
}

/** Stall since the last look, where there is no trigger. */
function lookAtStall(file: string, stall: Stall): Look<number> {
  let last = readStallUs(file, stall) ?? 0;
  return () => {
    const total = readStallUs(file, stall);
    if (total === null) return { gone: `${file} is gone` };
    const value = total - last;
    last = total;
    return { value };
  };
}

function servePressure(host: HostCgroups, want: SignalWant, looks: Looks): Served {
  const [, resource, stall] = want.metric.split("_") as [string, string, Stall];
  const file = pressureFile(host, want.subject, resource);
  if (readStallUs(file, stall) === null)
    throw unavailable(
      `${file} tells no ${stall} pressure`,
      file,
      "boot with psi=1 where the kernel has it switched off",
    );
  const trigger = want.trigger ?? defaultTrigger;
  const open: OpenSource<number | Counters> = (sink) => {
    const source = openPsiTrigger(file, stall, trigger, sink);
    if (!("refused" in source)) return source;
    return looks.open(trigger.windowUs / 1000, false, lookAtStall(file, stall), source.refused)(sink);
  };
  return {
    key: `${file} ${stall} ${trigger.stallUs} ${trigger.windowUs}`,
    open,
    pick: asNumber,
  };
}

/** Metrics whose looks quicken while they move. */
const adaptive = new Set<Metric>(["memory_current_bytes", "memory_high_bytes", "rss_bytes"]);

const identityKey = ({ pid, startTicks }: ProcessIdentity): string => `${pid}.${startTicks}`;

/**
 * Decides how a want is served; opens nothing.
 * @throws CorralError SIGNAL_UNAVAILABLE, USAGE for a path that is none
 */
export function serve(want: SignalWant, looks: Looks, host: HostCgroups = hostCgroupsReader()("self")): Served {
  const { subject, metric } = want;
  const everyMs = want.everyMs ?? defaultEveryMs;
  if (metric.startsWith("pressure_")) return servePressure(host, want, looks);
  if (metric.startsWith("events_")) {
    if (subject.kind === "group") return serveEvents(host, subject.path, metric, everyMs, looks);
    throw unavailable(`${subjectName(subject)} has no ${metric}`, metric, "ask for that of a group");
  }
  const name =
    subject.kind === "process" ? identityKey(subject.identity) : subject.kind === "group" ? subject.path : "";
  const look = lookOf(host, subject, metric);
  return {
    key: `${metric} ${subject.kind} ${name} ${everyMs}`,
    open: looks.open<number | Counters>(everyMs, adaptive.has(metric), look, "the kernel has no event for it"),
    pick: asNumber,
  };
}
