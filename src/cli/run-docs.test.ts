import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Hierarchy, HostCgroups, Limits } from "../cgroup/index.ts";
import { controllers, limitNames, planLimits } from "../cgroup/index.ts";
import { constraintStatuses, exitStatus } from "../report/index.ts";
import { presets } from "../run/settings/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import type { RawRunFlags } from "./full-run-flags.ts";
import { runFlags } from "./full-run-flags.ts";
import { toRunSpec } from "./run-spec.ts";

const page = readFileSync(new URL("../../docs/run.md", import.meta.url), "utf8");

/** The text below a heading, up to the next one of its level or above. */
function sectionOf(heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const after = page.split(`\n${heading}\n`)[1] ?? "";
  return after.split(new RegExp(`\\n#{1,${level}} `))[0] ?? "";
}

/** The rows of a section's tables, each as its cells. */
const rowsOf = (heading: string): string[][] =>
  [...sectionOf(heading).matchAll(/^\| (.+) \|$/gm)].map((match) => (match[1] ?? "").split(" | ")).slice(1);

const flags: readonly (readonly [string, FlagDefinition])[] = Object.entries(runFlags);

test("docs/run.md lists every flag with its value under the heading of the help, in its order, and no other", () => {
  const groups = [...new Set(flags.map(([, { group }]) => group))];
  const documented = groups.flatMap((group) => rowsOf(`### ${group}`).map(([flag]) => [group, flag]));
  const helped = groups.flatMap((one) => flags.filter(([, { group }]) => group === one));
  expect(documented).toEqual(
    helped.map(([name, { group, value }]) => [group, `\`--${name}${value === undefined ? "" : ` ${value}`}\``]),
  );
});

const documentedFlags = rowsOf("## FLAGS")
  .filter(([flag = ""]) => flag.startsWith("`--"))
  .map(([flag = "", standard = "", meaning = ""]) => ({
    name: /--([a-z-]+)/.exec(flag)?.[1] ?? "",
    standard,
    meaning,
  }));

test("a default in docs/run.md is what the code takes when the flag is not given", () => {
  const specOf = (raw: RawRunFlags) => toRunSpec(raw, ["make"], {});
  const withDefault = documentedFlags.filter(({ standard }) => standard !== "–");
  expect(withDefault.map(({ name }) => name)).toEqual(["kill-after", "lifetime", "preset", "scope"]);
  for (const { name, standard } of withDefault) expect(specOf({ [name]: standard })).toEqual(specOf({}));
});

test("docs/run.md says of a flag that it is repeatable exactly when it is", () => {
  const documented = documentedFlags
    .filter(({ meaning }) => meaning.startsWith("repeatable: "))
    .map(({ name }) => name);
  expect(documented).toEqual(flags.filter(([, { repeat }]) => repeat === true).map(([name]) => name));
});

test("the presets of docs/run.md are those of the code", () => {
  const inCode = Object.entries(presets).map(([name, raw]) => {
    const text = Object.entries(raw).map(([flag, value]) => `--${flag} ${value}`);
    return [name, text.length === 0 ? "none" : `\`${text.join(" ")}\``];
  });
  expect(rowsOf("## PRESETS")).toEqual(inCode);
});

const everyLimit: Required<Limits> = {
  cpuMax: { quotaUs: 50_000, periodUs: 100_000 },
  cpuBurstUs: 1000,
  cpuWeight: 50,
  cpuWeightNice: 5,
  cpuIdle: true,
  cpusetCpus: "0",
  cpusetMems: "0",
  cpusetPartition: "root",
  memoryMin: 4096,
  memoryLow: 4096,
  memoryHigh: 4096,
  memoryMax: 4096,
  swapMax: 0,
  zswapMax: 0,
  oomGroup: true,
  ioWeight: 50,
  ioMax: [{ device: "8:0", readBytesPerSec: 1, writeBytesPerSec: 1, readOpsPerSec: 1, writeOpsPerSec: 1 }],
  ioLatency: [{ device: "8:0", targetUs: 1 }],
  pidsMax: 1,
};

/** The files each limit is written to on a host of one version, by the limit's name. */
function filesOn(version: 1 | 2): Map<string, string> {
  const only: Hierarchy = { version, mountPoint: "/cg", controllers, ownDirectory: "/cg", readOnly: false };
  const owner = Object.fromEntries(controllers.map((controller) => [controller, only]));
  const host: HostCgroups = { kind: `v${version}`, hierarchies: [only], unified: null, owner };
  return new Map(
    planLimits(everyLimit, host).planned.map(({ name, writes }) => [
      name,
      [...new Set(writes.map(({ file }) => `\`${file}\``))].join(", "),
    ]),
  );
}

test("the control files of docs/run.md are those that the limits are written to", () => {
  const [v1, v2] = [filesOn(1), filesOn(2)];
  const rows = rowsOf("## LIMITS AND CONTROL FILES");
  const inCode = Object.values(limitNames).map((name) => [name, v2.get(name) ?? "none", v1.get(name) ?? "none"]);
  const byName = ([a = ""]: readonly string[], [b = ""]: readonly string[]): number => a.localeCompare(b);
  expect(rows.toSorted(byName)).toEqual(inCode.toSorted(byName));
});

test("docs/run.md explains every status of an outcome and every exit status", () => {
  expect(rowsOf("## CONSTRAINT OUTCOMES").map(([status]) => status)).toEqual(
    constraintStatuses.map((status) => `\`${status}\``),
  );
  expect(rowsOf("## EXIT STATUS").map(([status]) => Number(status))).toEqual(Object.values(exitStatus));
});
