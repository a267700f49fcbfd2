import type { ConstraintStatus, ExitReason, RunReport, SlaReason } from "../../report/index.ts";
import { constraintStatuses, exitReasons, slaCompliances, slaViolations } from "../../report/index.ts";

export const jobModes = ["run", "attach"] as const satisfies readonly RunReport["mode"][];
export type JobMode = (typeof jobModes)[number];

/** What metrics take from one result. */
export interface ResultFacts {
  readonly jobId: string;
  readonly mode: JobMode;
  readonly reason: ExitReason;
  /** False when the workload never ran. */
  readonly started: boolean;
  readonly slaEligible: boolean;
  readonly slaReason: SlaReason;
  /** RFC 3339; null when nobody saw the end. */
  readonly endTime: string | null;
  readonly startTime: string;
  readonly durationUs: bigint | null;
  readonly exitCode: number | null;
  readonly pid: number | null;
  /** What nobody counted is 0: it adds nothing. */
  readonly cpuUs: bigint;
  readonly throttledUs: bigint;
  readonly oomKills: bigint;
  readonly constraints: readonly { readonly name: string; readonly status: ConstraintStatus }[];
}

/** Thrown inside this file only: a field is not what a result has there. */
class Foreign extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Foreign();
  return value as Fields;
}

function oneOf<const T>(choices: readonly T[], value: unknown): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Foreign();
  return found;
}

function matching(pattern: RegExp, value: unknown): string {
  if (typeof value !== "string" || !pattern.test(value)) throw new Foreign();
  return value;
}

/** A number that no sum can be spoilt by: not negative, and exact in a double. */
function amount(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw new Foreign();
  return value;
}

const orNull = <T>(value: unknown, read: (value: unknown) => T): T | null => (value === null ? null : read(value));
const whole = (value: unknown): number => Math.round(amount(value));
const count = (value: unknown): bigint => BigInt(orNull(value, whole) ?? 0);
const microseconds = (seconds: unknown): bigint => BigInt(Math.round(amount(seconds) * 1e6));
const yesNo = (value: unknown): boolean => oneOf([true, false], value);

/** Limits are named by their flags; a name becomes the value of a label, so no other text may. */
const limitName = /^[a-z][a-z0-9-]{0,63}$/;
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const anyText = /^/;

function constraintOf(value: unknown): ResultFacts["constraints"][number] {
  const { name, status } = fieldsOf(value);
  return { name: matching(limitName, name), status: oneOf(constraintStatuses, status) };
}

/** A reason says by itself whether it is a violation; a report that says otherwise is nobody's. */
function verdictOf(report: Fields): SlaReason {
  const compliant = yesNo(report["platform_sla_compliant"]);
  return oneOf<SlaReason>(compliant ? slaCompliances : slaViolations, report["platform_sla_reason"]);
}

function factsOf(report: Fields): ResultFacts {
  const usage = fieldsOf(report["usage"]);
  const constraints = report["constraints"];
  if (report["schema"] !== "corral.report/1" || !Array.isArray(constraints)) throw new Foreign();
  return {
    jobId: matching(anyText, report["job_id"]),
    mode: oneOf(jobModes, report["mode"]),
    reason: oneOf(exitReasons, report["exit_reason"]),
    started: report["start_error"] === null,
    slaEligible: yesNo(report["sla_eligible"]),
    slaReason: verdictOf(report),
    endTime: orNull(report["end_time"], (value) => matching(stamp, value)),
    startTime: matching(stamp, report["start_time"]),
    durationUs: orNull(report["duration_sec"], microseconds),
    exitCode: orNull(report["exit_code"], whole),
    pid: orNull(report["pid"], whole),
    cpuUs: count(usage["cpu_user_us"]) + count(usage["cpu_sys_us"]),
    throttledUs: count(usage["throttled_us"]),
    oomKills: count(usage["oom_kills"]),
    constraints: constraints.map(constraintOf),
  };
}

/**
 * Reads the text of a result file.
 * @returns null when it is no `corral.report/1`: cut short, of another program, or with a value outside its vocabulary
 */
export function readFacts(text: string): ResultFacts | null {
  try {
    return factsOf(fieldsOf(JSON.parse(text)));
  } catch (thrown) {
    if (thrown instanceof Foreign || thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}
