import { rlimits } from "../../kernel/index.ts";
import { parseNumberIn, parseSize, quote } from "../../report/index.ts";
import type { IoPriority, Rlimit, RlimitName, SchedPolicy } from "../spec.ts";
import { oneOf } from "./values.ts";

/** `CLASS` or `CLASS:LEVEL`; class names as ionice(1) and their numbers 0 to 3. */
export function ioPriority(text: string): IoPriority {
  const [name = "", level, ...rest] = text.split(":");
  const classes = {
    "0": "none",
    "1": "realtime",
    "2": "best-effort",
    "3": "idle",
    be: "best-effort",
    rt: "realtime",
  } as const;
  const known = Object.hasOwn(classes, name)
    ? classes[name as keyof typeof classes]
    : oneOf(["none", "realtime", "best-effort", "idle"])(name);
  if (rest.length > 0 || (level !== undefined && (known === "none" || known === "idle"))) {
    throw new RangeError(`expects a class, and a level only for realtime and best-effort, not ${quote(text)}`);
  }
  return {
    class: known,
    level:
      level === undefined
        ? known === "realtime" || known === "best-effort"
          ? 4
          : 0
        : parseNumberIn(level, 0, 7, { integer: true }),
  };
}

/** `POLICY`, with `:PRIORITY` for fifo and rr. */
export function schedPolicy(text: string): SchedPolicy {
  const [name = "", priority, ...rest] = text.split(":");
  const policy = oneOf(["other", "batch", "idle", "fifo", "rr"])(name);
  const realtime = policy === "fifo" || policy === "rr";
  if (rest.length > 0 || realtime !== (priority !== undefined)) {
    throw new RangeError(`needs a priority for fifo and rr (fifo:10) and takes none otherwise: ${quote(text)}`);
  }
  return { policy, priority: priority === undefined ? 0 : parseNumberIn(priority, 1, 99, { integer: true }) };
}

const sizeRlimits: readonly RlimitName[] = ["fsize", "data", "stack", "core", "rss", "memlock", "as", "msgqueue"];

/** `NAME=SOFT[:HARD]`; sizes take units, `max` or `unlimited` lift the limit. */
export function rlimitSpec(text: string): Rlimit {
  const match = /^([a-z]+)=([^:]+)(?::([^:]+))?$/.exec(text.trim());
  if (match === null)
    throw new RangeError(`expects NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:4096, not ${quote(text)}`);
  const resource = oneOf(Object.keys(rlimits) as RlimitName[])(match[1] ?? "");
  const value = (part: string): number | "max" => {
    if (part === "max" || part === "unlimited") return "max";
    return sizeRlimits.includes(resource)
      ? parseSize(part, 1)
      : parseNumberIn(part, 0, Number.MAX_SAFE_INTEGER, { integer: true });
  };
  const soft = value(match[2] ?? "");
  const hard = match[3] === undefined ? soft : value(match[3]);
  if (hard !== "max" && (soft === "max" || soft > hard))
    throw new RangeError(`has a soft limit above its hard limit: ${quote(text)}`);
  return { resource, soft, hard };
}
