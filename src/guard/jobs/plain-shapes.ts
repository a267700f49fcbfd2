import type { JobExit, JobRequest, JobStarted } from "./job-request.ts";

type Check = (value: unknown) => boolean;
/** For every key of a document what its value must be. */
type Shape<T> = { readonly [K in keyof T]-?: Check };

const isText: Check = (value) => typeof value === "string";
const isMoment: Check = (value) => typeof value === "string" && /^\d{1,19}$/.test(value);
const isWhole =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
const isCount = isWhole(0, Number.MAX_SAFE_INTEGER);
const isTextList: Check = (value) => Array.isArray(value) && value.every(isText);

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTextRecord: Check = (value) => isObject(value) && Object.values(value).every(isText);

/** These keys, and no others. */
function hasShape<T>(shape: Shape<T>): (value: unknown) => value is T {
  const checks = Object.entries<Check>(shape);
  return (value): value is T => {
    if (!isObject(value)) return false;
    const members = new Map(Object.entries(value));
    return (
      members.size === checks.length && checks.every(([key, check]) => members.has(key) && check(members.get(key)))
    );
  };
}

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/**
 * Whether what a client sends is as its schema has it, for the three requests that every job waits for: found without a walk through the
 * schema, some sixty steps of code that has just come out of a rest. What does not pass is the schema's to judge.
 */
export const isPlainRequest = hasShape<JobRequest>({ words: isTextList, environment: isTextRecord });

export const isPlainStarted = hasShape<JobStarted>({
  pid: isWhole(1, 4_194_304),
  status: isText,
  released: orNull(hasShape<NonNullable<JobStarted["released"]>>({ start_ticks: isCount, at_ns: isMoment })),
});

export const isPlainExit = hasShape<JobExit>({
  exit_code: orNull(isWhole(0, 255)),
  exit_signal: orNull(isWhole(1, 64)),
  core_dumped: (value) => typeof value === "boolean",
  user_us: isCount,
  sys_us: isCount,
  max_rss_bytes: isCount,
  minor_faults: isCount,
  major_faults: isCount,
  in_blocks: isCount,
  out_blocks: isCount,
  voluntary_switches: isCount,
  involuntary_switches: isCount,
  at_ns: isMoment,
});
