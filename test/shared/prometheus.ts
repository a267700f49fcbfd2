/**
 * A strict reader of the Prometheus text format 0.0.4, stricter than Prometheus itself: every family has one HELP and one TYPE
 * before its samples, families are not interleaved, no series comes twice, histograms are cumulative. Throws at the first fault.
 */

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Value by series as it is written, such as `jobs_total{mode="run"}`. */
  readonly series: Readonly<Record<string, number>>;
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelPattern = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
const valuePattern = /^(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf)$/;
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

function fail(line: string, why: string): never {
  throw new Error(`${why}: ${JSON.stringify(line)}`);
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ""; ) {
    const match = labelPattern.exec(rest) ?? fail(line, "malformed labels");
    const [whole, name = "", value = "", end = ""] = match;
    if (Object.hasOwn(labels, name)) fail(line, `label ${name} comes twice`);
    if (name.startsWith("__")) fail(line, `label ${name} is reserved`);
    labels[name] = value.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
    if (end === "," && rest === "") fail(line, "a comma after the last label");
  }
  return labels;
}

function parseSample(line: string): Series & { readonly value: number; readonly key: string } {
  const match = /^([^{ ]+)(?:\{(.*)\})? ([^ ]+)$/.exec(line) ?? fail(line, "malformed sample");
  const [, name = "", labels, value = ""] = match;
  if (!namePattern.test(name)) fail(line, "malformed name");
  if (!valuePattern.test(value)) fail(line, "malformed value");
  return { name, labels: parseLabels(labels ?? "", line), value: Number(value), key: line.slice(0, -value.length - 1) };
}

/** Reads a text; families by name. */
export function parsePrometheus(text: string): Readonly<Record<string, Family>> {
  if (!text.endsWith("\n")) fail(text.slice(-80), "the last line has no end");
  const families: Record<string, Family> = {};
  const samples = new Map<string, (Series & { value: number })[]>();
  let open: { name: string; type: string; help: string; series: Record<string, number> } | null = null;
  let help: readonly [string, string] | null = null;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment?.[1] === "HELP") {
      help = [comment[2] ?? "", comment[3] ?? ""];
    } else if (comment?.[1] === "TYPE") {
      const [, , name = "", type = ""] = comment;
      if (help?.[0] !== name || help[1] === "") fail(line, "no HELP before");
      if (!namePattern.test(name)) fail(line, "malformed name");
      if (Object.hasOwn(families, name)) fail(line, "a second TYPE");
      if (!Object.hasOwn(suffixes, type)) fail(line, "unknown type");
      if ((type === "counter") !== name.endsWith("_total")) fail(line, "counters, and only they, end in _total");
      open = { name, type, help: help?.[1] ?? "", series: {} };
      families[name] = open;
      samples.set(name, []);
      help = null;
    } else if (line.startsWith("#")) {
      fail(line, "a comment of another kind");
    } else {
      const sample = parseSample(line);
      if (open === null || help !== null) fail(line, "no TYPE before");
      const { name, type, series } = open;
      if (!(suffixes[type] ?? []).some((suffix) => sample.name === name + suffix))
        fail(line, `not of the family ${name}`);
      if (Object.hasOwn(series, sample.key)) fail(line, "a series comes twice");
      series[sample.key] = sample.value;
      samples.get(name)?.push(sample);
    }
  }
  for (const { name, type } of Object.values(families))
    if (type === "histogram") checkHistogram(name, samples.get(name) ?? []);
  return families;
}

function checkHistogram(name: string, samples: readonly (Series & { readonly value: number })[]): void {
  const withoutLe = ({ le: _, ...labels }: Readonly<Record<string, string>>): string => JSON.stringify(labels);
  for (const key of new Set(samples.map(({ labels }) => withoutLe(labels)))) {
    const mine = samples.filter(({ labels }) => withoutLe(labels) === key);
    const buckets = mine.filter((one) => one.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number((labels["le"] ?? "NaN").replace("+Inf", "Infinity")));
    const rises = (values: readonly number[]): boolean =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
    const of = (suffix: string): number[] => mine.filter((one) => one.name === name + suffix).map(({ value }) => value);
    if (bounds.at(-1) !== Infinity || !rises(bounds) || new Set(bounds).size !== bounds.length)
      fail(key, "bounds do not rise to +Inf");
    if (!rises(buckets.map(({ value }) => value))) fail(key, "buckets are not cumulative");
    if (of("_sum").length !== 1 || of("_count").length !== 1) fail(key, "not one sum and one count");
    if (of("_count")[0] !== buckets.at(-1)?.value) fail(key, "the count is not that of the last bucket");
  }
}
