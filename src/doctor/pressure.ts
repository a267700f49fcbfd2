import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import type { Hierarchy } from "../cgroup/index.ts";
import { errnoOf } from "../report/index.ts";
import type { Finding } from "./finding.ts";
import { readText } from "./read.ts";

const resources = ["cpu", "memory", "io"] as const;

/** A pressure file whose text has a `some` line: PSI is on and counts. */
const counts = (text: string | null): boolean => text !== null && /^some .*total=\d+/m.test(text);

/** Pressure of the whole host. */
export function judgeHostPressure(readable: Readonly<Record<(typeof resources)[number], boolean>>): Finding {
  const on = resources.filter((resource) => readable[resource]);
  const off = resources.filter((resource) => !readable[resource]);
  return {
    group: "pressure",
    name: "host pressure",
    status: off.length === 0 ? "yes" : on.length === 0 ? "no" : "partly",
    found: off.length === 0 ? "cpu, memory and io are measured" : `not readable: ${off.join(", ")}`,
    probe: "reading /proc/pressure/{cpu,memory,io}",
    consequence:
      off.length === 0
        ? "stall times are known for the host"
        : "no stall times of the host; boot with psi=1 if the kernel has CONFIG_PSI",
    facts: { readable: on },
  };
}

function findGroupPressure(unified: Hierarchy | null): Finding {
  const directory = unified?.ownDirectory ?? unified?.mountPoint ?? null;
  const on = directory === null ? [] : resources.filter((one) => counts(readText(`${directory}/${one}.pressure`)));
  const all = on.length === resources.length;
  return {
    group: "pressure",
    name: "group pressure",
    status: all ? "yes" : on.length === 0 ? "no" : "partly",
    found: directory === null ? "there is no cgroup v2 mount" : on.length === 0 ? "not measured" : on.join(", "),
    probe: directory === null ? "/proc/self/mountinfo" : "reading *.pressure of the own v2 group",
    consequence: all ? "a report says how long a job was stalled" : "stall times in a report are null",
    facts: { readable: on },
  };
}

/** Asks for a stall that will not come, 2 s in 2 s, the window that unprivileged users may have; the kernel drops the last byte. */
function tryTrigger(): string | null {
  const path = "/proc/pressure/memory";
  if (!existsSync(path)) return "ENOENT";
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      writeSync(fd, "some 2000000 2000000\0");
      return null;
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    return errnoOf(thrown) ?? "EIO";
  }
}

/** Whether the kernel wakes a waiter on pressure. */
export function judgeTrigger(errno: string | null): Finding {
  return {
    group: "pressure",
    name: "triggers",
    status: errno === null ? "yes" : "no",
    found: errno === null ? "a trigger was accepted" : `refused (${errno})`,
    probe: "writing a trigger to /proc/pressure/memory and closing it",
    consequence: errno === null ? "pressure is an event" : "pressure has to be polled",
    facts: { errno },
  };
}

/** Probes of the section Pressure. */
export function findPressure(unified: Hierarchy | null): Finding[] {
  const readable = (resource: string): boolean => counts(readText(`/proc/pressure/${resource}`));
  return [
    judgeHostPressure({ cpu: readable("cpu"), memory: readable("memory"), io: readable("io") }),
    findGroupPressure(unified),
    judgeTrigger(tryTrigger()),
  ];
}
