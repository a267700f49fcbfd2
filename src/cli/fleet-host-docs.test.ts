import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { serviceChoices } from "../fleet/deploy/index.ts";
import { fleetExit } from "../fleet/model/index.ts";
import { agentFlags } from "./agent-flags.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { fleetHostCommands } from "./fleet-host-commands.ts";
import { fleetDeployFlags, fleetHostFlags, fleetStartFlags, fleetStopFlags } from "./fleet-host-flags.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";
import { readPlainly } from "./plain-command-line.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/fleet-deploy.md");
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n## /)[0] ?? "";

test("docs/fleet-deploy.md has the usages as the help does", () => {
  const usages = sectionOf("## SYNOPSIS").split("```")[1]?.trim().split("\n");
  expect(usages).toEqual(fleetHostCommands.map(({ usage }) => usage));
});

test("docs/fleet-deploy.md lists every flag of each command, in the order of the help", () => {
  const documented = sectionOf("## OPTIONS")
    .split(/\nOf [^\n]+:\n/)
    .slice(1)
    .map((text) => [...text.matchAll(/^\| `--(.+?)` \|/gm)].map((match) => match[1] ?? ""));
  const output = ["dry-run", "json", "quiet"];
  const flagsOf = (flags: Readonly<Record<string, FlagDefinition>>, fits: (name: string) => boolean): string[] =>
    Object.entries(flags)
      .filter(([name]) => fits(name))
      .map(([name, { value }]) => (value === undefined ? name : `${name} ${value}`));
  const shared = [...Object.keys(fleetHostFlags), ...output, ...Object.keys(fleetSecurityFlags)];
  const own = (name: string): boolean => !shared.includes(name);
  expect(documented).toEqual([
    flagsOf(fleetDeployFlags, (name) => Object.hasOwn(fleetHostFlags, name) || output.includes(name)),
    flagsOf(fleetDeployFlags, own),
    flagsOf(fleetStartFlags, own),
    flagsOf(fleetStopFlags, own),
  ]);
});

test("--systemd takes what can be chosen", () => {
  expect(fleetDeployFlags.systemd.choices).toEqual(serviceChoices);
});

test("docs/fleet-deploy.md has the exit statuses that are", () => {
  const statuses = [...sectionOf("## EXIT STATUS").matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(statuses).toEqual([fleetExit.completed, fleetExit.unreachable, fleetExit.failed, 2, 125]);
});

/** Whether words are flags of `corral agent`, each with its value. */
const areAgentFlags = (words: readonly string[]): boolean =>
  readPlainly(["agent", ...words, "--"], [{ path: ["agent"], flags: agentFlags, args: "none" }]) !== null;

test("the container file calls an agent by flags that it has", () => {
  const [, words = "[]"] = /^CMD (\[.*\])$/m.exec(read("deploy/Containerfile")) ?? [];
  const flags = JSON.parse(words) as string[];
  expect([flags.length > 0, areAgentFlags(flags)]).toEqual([true, true]);
});

interface DaemonSet {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly ports: readonly { readonly containerPort: number }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly { readonly name: string }[];
}

test("the DaemonSet calls an agent by flags that it has, with files of its volumes and a port that it listens on", () => {
  const documents = parseAllDocuments(read("deploy/kubernetes/daemonset.yaml")).map((one): unknown => one.toJS());
  const [policy, set] = documents as unknown as [{ data: object }, DaemonSet];
  const { containers, volumes } = set.spec.template.spec;
  const [{ args, ports, volumeMounts } = { args: [], ports: [], volumeMounts: [] }] = containers;
  expect(areAgentFlags(args)).toBe(true);
  expect(args[args.indexOf("--listen") + 1]).toBe(`0.0.0.0:${ports[0]?.containerPort}`);
  const files = args.filter((word) => word.startsWith("/"));
  const mounted = (file: string): boolean => volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`));
  expect(files.filter((file) => !mounted(file))).toEqual([]);
  expect(volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
  // YAML 1.2 reads 0400 as four hundred, which Kubernetes does not: it is YAML 1.1 there.
  expect(read("deploy/kubernetes/daemonset.yaml")).toContain("defaultMode: 0400");
  expect(Object.keys(policy.data)).toEqual(["agent.yaml"]);
});
