/** Why a value cannot be resolved. */
export interface Refusal {
  /** The rule and what was found: one sentence without its end. */
  readonly rule: string;
  /** What to do. */
  readonly fix: string;
  /** True: it is so on this topology only. */
  readonly ofHost: boolean;
}

/** The value is wrong wherever it is used. */
export const refuse = (rule: string, fix: string): Refusal => ({ rule, fix, ofHost: false });

/** The value is fine, and cannot be had on this topology. */
export const lacking = (rule: string, fix: string): Refusal => ({ rule, fix, ofHost: true });

/** Whether a resolver refused. */
export const isRefusal = (result: object): result is Refusal => "rule" in result && "fix" in result;

/** `1 CPU`, `2 CPUs` */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
