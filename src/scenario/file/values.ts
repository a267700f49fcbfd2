import * as v from "valibot";
import { parseNumberList } from "../../kernel/index.ts";
import { checked, described, expects, section, text, wholeNumber, written } from "../../report/config/index.ts";
import { isPlainName, parseDurationMs, plainNameRule, quote } from "../../report/index.ts";
import type { Duration, NumberList } from "../model/index.ts";

export const optional = <T extends v.GenericSchema>(schema: T) => v.exactOptional(schema);

/** The longest that anything in a scenario lasts. */
const longestMs = 7 * 86_400_000;

/** A duration with its unit, in milliseconds. @throws RangeError */
export function durationOf(text: string): number {
  if (/^[\d.]+$/.test(text.trim())) throw new RangeError(`needs a unit, such as ${text.trim()}ms or ${text.trim()}s`);
  const ms = parseDurationMs(text);
  if (ms > longestMs) throw new RangeError(`is longer than a week: ${quote(text)}`);
  return ms;
}

/** A duration above zero. @throws RangeError */
function positiveOf(text: string): number {
  const ms = durationOf(text);
  if (ms <= 0) throw new RangeError(`expects a duration above zero, not ${quote(text)}`);
  return ms;
}

const durationBy = (parse: (text: string) => number) =>
  written("a duration such as 500ms", parse) as unknown as v.GenericSchema<Duration>;

export const duration = durationBy(durationOf);
export const positiveDuration = durationBy(positiveOf);

const highestNumber = 8191;

/** CPUs or nodes, in any form, as numbers; YAML reads `3` as a number. @throws RangeError when it is none */
export function numbersOf(list: NumberList | number): readonly number[] {
  const written = typeof list === "object" ? list.join(",") : String(list);
  const numbers = parseNumberList(written);
  if (numbers === null || numbers.length === 0)
    throw new RangeError(`expects a list such as 0-3,6, not ${quote(written)}`);
  if ((numbers.at(-1) ?? 0) > highestNumber)
    throw new RangeError(`expects numbers up to ${highestNumber}, not ${quote(written)}`);
  return numbers;
}

const listMessage = expects("a list such as 0-3,6");
/** A list in the kernel's form, or its numbers. */
export const numberList = v.pipe(
  v.union([v.string(), v.number(), v.array(v.number(listMessage), listMessage)], listMessage),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      numbersOf(dataset.value);
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      addIssue({ message: thrown.message });
    }
  }),
  v.transform((value): NumberList => (typeof value === "number" ? String(value) : value)),
);

/** A number that is neither infinite nor NaN, which YAML has words for. */
export const finite = (what: string) => v.pipe(v.number(expects(what)), v.finite(expects(what)));
export const atLeastZero = (what: string) => v.pipe(finite(what), v.minValue(0, expects(what)));
export const aboveZero = (what: string) =>
  v.pipe(
    finite(what),
    v.check((value) => value > 0, expects(what)),
  );
/** A part of a whole. */
export const fraction = v.pipe(
  finite("a number from 0 to 1"),
  v.minValue(0, expects("a number from 0 to 1")),
  v.maxValue(1, expects("a number from 0 to 1")),
);

export const index = (what: string) => wholeNumber(what, 0, 65_535);

export const plainName = v.pipe(
  text,
  v.check(isPlainName, ({ input }) => expects(plainNameRule)({ input })),
);

/** Path of a group below the scenario's own. @throws RangeError */
export function checkGroupName(name: string): void {
  const parts = name.split("/");
  if (name === "") throw new RangeError("expects the name of a group, not nothing");
  if (name.startsWith("/"))
    throw new RangeError(`is below the scenario's own group and begins without a slash: ${quote(name)}`);
  if (name.includes("\0") || name.includes("\n"))
    throw new RangeError(`has a character no group can have: ${quote(name)}`);
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    throw new RangeError(`has an empty part, . or ..: ${quote(name)}`);
  if (parts.some((part) => Buffer.byteLength(part) > 255) || Buffer.byteLength(name) > 1024)
    throw new RangeError(`is too long: ${quote(name)}`);
  if (parts.some((part) => /^(cgroup|cpu|cpuset|memory|io|pids|hugetlb|rdma|misc)\./.test(part)))
    throw new RangeError(`looks like a control file: ${quote(name)}`);
}

export const groupName = v.pipe(text, checked<string>(checkGroupName));

const nameBytes = 15;
/** What prctl(PR_SET_NAME) takes without cutting. */
export const taskName = v.pipe(
  text,
  checked<string>((name) => {
    if (name === "") throw new RangeError("expects a name, not nothing");
    if (name.includes("\0")) throw new RangeError(`has a NUL: ${quote(name)}`);
    if (Buffer.byteLength(name) > nameBytes)
      throw new RangeError(`is ${Buffer.byteLength(name)} bytes long; the kernel keeps ${nameBytes}: ${quote(name)}`);
  }),
);

const moduleEntries = {
  module: described(v.pipe(text, v.nonEmpty(expects("the path of a module"))), "Path of an ES module."),
  export: optional(described(v.pipe(text, v.nonEmpty(expects("a name"))), "Its export. Default: default.")),
};

/** A function in a module, and what else goes with it. */
export const moduleReference = <T extends v.ObjectEntries>(more: T) => section({ ...moduleEntries, ...more });

export const id = (of: string) => wholeNumber(`a ${of} id, a whole number`, 0, 2 ** 32 - 2);
