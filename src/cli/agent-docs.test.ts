import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { agentLimits } from "../fleet/model/index.ts";
import { transportLimits } from "../fleet/transport/index.ts";
import { agentCommands } from "./agent-commands.ts";
import { agentFlags } from "./agent-flags.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { fleetPingFlags } from "./fleet-ping-flags.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

const page = readFileSync(new URL("../../docs/fleet.md", import.meta.url), "utf8");
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n##+ /)[0] ?? "";

test("docs/fleet.md has the usage of every command as its help does", () => {
  for (const { usage } of agentCommands) expect(page).toContain(`\n${usage}\n`);
});

test("docs/fleet.md lists every flag and no other, with its value", () => {
  const [, agent = "", ping = "", both = ""] = sectionOf("## OPTIONS").split(/\nOf [^\n]+:\n/);
  const documented = (text: string): readonly string[] =>
    [...text.matchAll(/^\| `--(.+?)` \|/gm)].map((match) => match[1] ?? "");
  const defined = (flags: Readonly<Record<string, FlagDefinition>>, without: object = {}): readonly string[] =>
    Object.entries(flags)
      .filter(([name]) => !Object.hasOwn(without, name))
      .map(([name, { value }]) => (value === undefined ? name : `${name} ${value}`));
  expect(documented(agent)).toEqual(defined(agentFlags, fleetSecurityFlags));
  expect(documented(ping)).toEqual(defined(fleetPingFlags, fleetSecurityFlags));
  expect(documented(both)).toEqual(defined(fleetSecurityFlags));
});

test("docs/fleet.md tells the limits that are", () => {
  const seconds = (ms: number | null): string => `${(ms ?? 0) / 1000} s`;
  expect(page).toContain(`error after ${seconds(agentLimits.firstMessageMs)} |`);
  expect(page).toContain(`error after ${seconds(agentLimits.prepareMs)} (`);
  expect(page).toContain(`error after ${seconds(agentLimits.readyMs)} |`);
  const { keepaliveMs, keepaliveAnswerMs, strangerMs, maxConnections, maxMessageBytes } = transportLimits;
  expect(page).toContain(`connection is silent for ${seconds(keepaliveMs + keepaliveAnswerMs)},`);
  expect(page).toContain(`who it is within ${seconds(strangerMs)} is cut off`);
  expect(page).toContain(
    `there are at most ${maxConnections}, and no message is larger than ${maxMessageBytes / 2 ** 20} MiB`,
  );
});
