import * as v from "valibot";
import { described, expects, section, text, wholeNumber, written } from "../../report/config/index.ts";
import { parseDurationMs, parseSize, quote } from "../../report/index.ts";

const optional = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.exactOptional(described(schema, description));

const mostLanes = 10_000;
const longestMs = 7 * 86_400_000;
const mostFiles = 10_000_000;
const largestBytes = 2 ** 40;

function durationOf(text: string): number {
  if (/^[\d.]+$/.test(text.trim())) throw new RangeError(`needs a unit, such as ${text.trim()}s`);
  const ms = parseDurationMs(text);
  if (ms > longestMs) throw new RangeError(`is longer than a week: ${quote(text)}`);
  return ms;
}

/** Described before it becomes a number, so that editors see what it is. */
const duration = (description: string) =>
  v.exactOptional(
    v.pipe(
      written("a duration such as 30s", durationOf),
      v.description(description),
      v.transform((value) => durationOf(String(value))),
    ),
  );

function sizeOf(text: string): number {
  const bytes = parseSize(text, 1);
  if (bytes > largestBytes) throw new RangeError(`is larger than 1 TiB: ${quote(text)}`);
  return bytes;
}

const size = (description: string) =>
  v.exactOptional(
    v.pipe(
      written("a size such as 64K", sizeOf),
      v.description(description),
      v.transform((value) => sizeOf(String(value))),
    ),
  );

const aboveZero = (what: string) =>
  v.pipe(
    v.number(expects(what)),
    v.finite(expects(what)),
    v.check((value) => value > 0, expects(what)),
  );

const mix = v.pipe(
  v.record(
    v.picklist(["get", "put", "stat", "delete"], expects("get, put, stat or delete")),
    aboveZero("a weight above zero"),
  ),
  v.check((value) => Object.keys(value).length > 0, "needs at least one operation"),
);

const memory = section({
  size: size("Memory that is touched. Default: 64M."),
});

const file = section({
  path: described(v.pipe(text, v.nonEmpty(expects("a path"))), "Directory of the files, which is made."),
  files: optional(wholeNumber("a whole number", 1, mostFiles), "Files that are there before the start. Default: 100."),
  keep: optional(v.boolean(expects("true or false")), "Whether the files are left. Default: false."),
});

const http = section({
  url: described(
    v.pipe(text, v.url(expects("a URL")), v.regex(/^http:\/\//, expects("a URL of http"))),
    "What is asked for; a put sends a body there.",
  ),
  timeout: duration("For one answer. Default: 10s."),
});

/** The built-in load generators: the `load` of a workload. */
export const loadSchema = v.pipe(
  section({
    memory: optional(memory, "Reads and writes of memory."),
    file: optional(file, "Reads, writes, looks at and removes files."),
    http: optional(http, "Asks a server."),
    operations: optional(mix, "Weights of get, put, stat and delete. Default: get 1."),
    size: size("Bytes of an operation, and of each file. Default: 4K."),
    duration: duration("How long it lasts, after the warm-up. Default: 60s."),
    "warm-up": duration("What is done in it is not counted. Default: 0s."),
    concurrency: optional(
      wholeNumber("a whole number", 1, mostLanes),
      "Operations at the same time; with a rate, the most there may be. Default: 16.",
    ),
    rate: optional(
      aboveZero("a rate above zero"),
      "Operations a second of each agent that are due, whether those before are done or not. Their latency counts from when they were due.",
    ),
    arrivals: optional(
      v.picklist(["uniform", "exponential"], expects("uniform or exponential")),
      "How the operations of a rate are spread. Default: uniform.",
    ),
  }),
  v.check(
    ({ memory: one, file: two, http: three }) => [one, two, three].filter((kind) => kind !== undefined).length === 1,
    "wants one of memory, file and http",
  ),
);

/** The `load` of a workload. */
export type LoadConfig = v.InferOutput<typeof loadSchema>;
