import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { AgentSettings } from "./agent-settings.ts";
import type { HostFacts } from "./host-facts.ts";
import { planStart } from "./plan-start.ts";

const facts: HostFacts = {
  system: "Linux",
  machine: "x86_64",
  kernel: "6.1.0",
  uid: 0,
  directory: "/srv/it's",
  node: "/usr/bin/node",
  nodeVersion: "v20.20.0",
  freeBytes: null,
  writable: true,
  lacking: [],
  releases: ["1-a"],
  current: "1-a",
  systemd: false,
  systemdOfUser: false,
  units: { system: null, user: null },
  agent: null,
};
const settings: AgentSettings = {
  listen: "0.0.0.0:7167",
  join: null,
  name: "web1",
  token: "correct-horse-battery-staple",
  policy: "scenarios: true\n",
  certificate: null,
  key: null,
  ca: null,
  insecure: true,
  flags: ["--allow-command", "/opt/a b/*"],
};

/** What tar(1) finds: names with modes, and the content of one. */
const list = (tar: Buffer): string[] =>
  execFileSync("tar", ["-tvf", "-"], { input: tar, encoding: "utf8" })
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^(\S+) .* (\S+)$/, "$1 $2"));
const content = (tar: Buffer, name: string): string =>
  execFileSync("tar", ["-xOf", "-", name], { input: tar, encoding: "utf8" });

describe("what an agent is started with", () => {
  test("are files that nobody else can read; the token is in its own and nowhere else", () => {
    const { tar } = planStart(facts, settings, "auto").settings;
    expect(list(tar)).toEqual([
      "-rwx------ run",
      "-rw------- release",
      "-rw------- service",
      "-rw------- token",
      "-rw------- policy.yaml",
      "-rw------- settings",
    ]);
    expect(content(tar, "token")).toBe(settings.token);
    expect(content(tar, "run")).not.toContain("horse");
    expect([content(tar, "release"), content(tar, "service")]).toEqual(["1-a\n", "process\n"]);
  });

  test("is run as one command line, from the release's own path", () => {
    const { tar } = planStart(facts, settings, "auto").settings;
    const [last = ""] = content(tar, "run").trimEnd().split("\n").slice(-1);
    const words = execFileSync("/bin/sh", ["-c", last.replace(/^exec /, "printf '%s\\n' ")], { encoding: "utf8" });
    expect(words.trimEnd().split("\n")).toEqual([
      "/usr/bin/node",
      "/srv/it's/releases/1-a/dist/corral.cjs",
      "agent",
      ...["--listen", "0.0.0.0:7167"],
      ...["--token-file", "/srv/it's/agent/token"],
      ...["--policy", "/srv/it's/agent/policy.yaml"],
      "--insecure",
      ...["--allow-command", "/opt/a b/*"],
    ]);
  });

  test("has a digest that changes with each of it, and with nothing else", () => {
    const digest = (more: Partial<AgentSettings>, ofHost: Partial<HostFacts> = {}): string =>
      planStart({ ...facts, ...ofHost }, { ...settings, ...more }, "auto").settings.digest;
    const others = [
      digest({ token: `${settings.token}r` }),
      digest({ policy: null }),
      digest({ flags: [] }),
      digest({ listen: null, join: "c:1" }),
      digest({}, { current: "1-b", releases: ["1-a", "1-b"] }),
    ];
    expect(new Set([digest({}), ...others]).size).toBe(6);
    expect(digest({}, { freeBytes: 1, kernel: "7" })).toBe(digest({}));
  });

  test("of one that goes to a controller is the name that the host was given", () => {
    const { tar } = planStart(facts, { ...settings, listen: null, join: "c:1" }, "auto").settings;
    expect(content(tar, "run")).toContain(" 'agent' '--join' 'c:1' '--name' 'web1' ");
  });
});

describe("a start", () => {
  const message = (more: Partial<HostFacts>, choice: Parameters<typeof planStart>[2] = "auto"): string => {
    try {
      return planStart({ ...facts, ...more }, settings, choice).service;
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };
  const root = { systemd: true };
  const unit = { units: { system: "0", user: null } };

  test("takes a deployed release and Node", () => {
    expect(message({ current: null })).toBe("nothing is deployed in /srv/it's");
    expect(message({ releases: [] })).toBe("nothing is deployed in /srv/it's");
    expect(message({ node: null })).toBe("there is no node on its PATH");
  });

  test("goes through systemd where deploy has put a unit", () => {
    expect([message({}), message(root), message({ ...root, ...unit }), message({ ...root, ...unit }, "none")]).toEqual([
      "process",
      "process",
      "system",
      "process",
    ]);
    expect(message(root, "system")).toBe("deploy has put no unit there");
  });
});
