import assert from "node:assert/strict";
import type { SpawnSyncReturns } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fewInGuest } from "../shared/guest.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { scaled } from "../shared/timing.ts";

interface Capability {
  readonly group: string;
  readonly name: string;
  readonly status: string;
  readonly found: string;
  readonly probe: string;
  readonly consequence: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

interface Report {
  readonly schema: string;
  readonly kernel_release: string;
  readonly uid: number;
  readonly capabilities: readonly Capability[];
  readonly limits: readonly { readonly name: string; readonly status: string; readonly mechanism: string | null }[];
  readonly summary: string;
  readonly duration_sec: number;
}

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : "changing the user needs root";
const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

function run(
  args: readonly string[],
  options: { readonly prefix?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): SpawnSyncReturns<string> {
  const [program = "", ...rest] = [
    ...(options.prefix ?? []),
    process.execPath,
    join(openPackageRoot(), "dist/corral.cjs"),
    ...args,
  ];
  return spawnSync(program, rest, { encoding: "utf8", env: { ...process.env, ...options.env } });
}

function examine(options: Parameters<typeof run>[1] = {}): Report {
  const { status, stdout, stderr } = run(["doctor", "--json"], options);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  return JSON.parse(stdout) as Report;
}

function capability(report: Report, group: string, name: string): Capability {
  const found = report.capabilities.find((one) => one.group === group && one.name === name);
  assert.ok(found, `${group}/${name} is in the report`);
  return found;
}

const inGroup = (report: Report, group: string): Capability[] =>
  report.capabilities.filter((one) => one.group === group);

/** Directories below every cgroup mount whose name begins with `prefix`, found without Corral's own code. */
function groupsNamed(prefix: string): string[] {
  const found: string[] = [];
  const search = (directory: string): void => {
    let entries: string[] = [];
    try {
      entries = readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    } catch {
      // A group that somebody has just removed.
    }
    for (const name of entries) {
      if (name.startsWith(prefix)) found.push(join(directory, name));
      search(join(directory, name));
    }
  };
  search("/sys/fs/cgroup");
  return found;
}

/** Whether each v1 controller, or with "" the v2 hierarchy, is named by /proc/self/cgroup, and the path there. */
const ownPaths = (): Map<string, string> =>
  new Map(
    readFileSync("/proc/self/cgroup", "utf8")
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [, names = "", ...path] = line.split(":");
        return names.split(",").map((name) => [name === "blkio" ? "io" : name, path.join(":")] as const);
      }),
  );

describe("corral doctor", () => {
  let home = "";
  let state: NodeJS.ProcessEnv = {};

  /** What it tells this user about this host, asked once for all that only read it. */
  let told: Report;

  before(() => {
    told = examine();
    home = mkdtempSync(join(tmpdir(), "corral-doctor-test-"));
    state = { CORRAL_STATE_DIR: home };
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  test("prints one document whose capabilities are complete and unique", () => {
    const report = told;
    assert.equal(report.schema, "corral.doctor/1");
    assert.equal(report.uid, process.getuid?.());
    assert.equal(report.kernel_release, readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());
    for (const one of report.capabilities) {
      assert.match(one.status, /^(yes|partly|no|unknown)$/);
      for (const text of [one.found, one.probe, one.consequence]) assert.notEqual(text, "", JSON.stringify(one));
    }
    const names = report.capabilities.map(({ group, name }) => `${group}/${name}`);
    assert.deepEqual(names, [...new Set(names)]);
    assert.deepEqual(
      report.capabilities.filter(({ name }) => name === "probe"),
      [],
      "no probe broke",
    );
  });

  test("says all that corral guard goes by, and what it would use here", () => {
    for (const [group, name] of [
      ["system", "kernel"],
      ["system", "cgroup layout"],
      ["controllers", "memory"],
      ["pressure", "host pressure"],
      ["pressure", "triggers"],
      ["memory", "swap"],
      ["events", "BTF"],
      ["events", "sched_ext"],
      ["privileges", "user"],
      ["guard", "nsdelegate"],
      ["guard", "memcg_bpf_ops"],
      ["guard", "backends"],
    ] as const)
      capability(told, group, name);
    const { facts, status } = capability(told, "guard", "sessions");
    const layout = capability(told, "system", "cgroup layout").facts["layout"];
    assert.deepEqual([facts["layout"], status === "yes"], [layout, layout === "v2" && facts["usable"] === true]);
    const { facts: backends } = capability(told, "guard", "backends");
    assert.equal(backends["psi_triggers"], capability(told, "pressure", "triggers").status === "yes");
    assert.equal(backends["events"] === "bpf", capability(told, "events", "BPF tracing").status === "yes");
  });

  test("takes less than a second and creates no state directory", () => {
    // The best of three: what else the machine does is no merit of the doctor.
    const best = Math.min(...[1, 2, 3].map(() => examine({ env: state }).duration_sec));
    assert.ok(best < scaled(1000) / 1000, `${best} s`);
    assert.deepEqual(readdirSync(home), []);
  });

  test("names for each controller the hierarchy that /proc/self/cgroup says owns it", () => {
    const own = ownPaths();
    for (const { name, facts } of inGroup(told, "controllers")) {
      if (facts["version"] === null) continue;
      assert.equal(facts["version"], own.has(name) ? 1 : 2, name);
      const path = own.get(name) ?? own.get("") ?? "";
      const group = facts["own_group"] as string;
      assert.ok(group.endsWith(path.replace(/\/$/, "")), `${name}: ${group}`);
    }
  });

  test("finds the swap that /proc/swaps lists", () => {
    const areas = readFileSync("/proc/swaps", "utf8").trim().split("\n").slice(1);
    const { status, facts } = capability(told, "memory", "swap");
    assert.equal(status, areas.length > 0 ? "yes" : "no");
    assert.deepEqual(
      facts["areas"],
      areas.map((line) => line.split(/\s/)[0]),
    );
  });

  test("finds the scheduler of every disk and the pressure files that can be read", () => {
    const report = told;
    for (const { name, facts } of inGroup(report, "disks").filter(({ name }) => name !== "disks")) {
      const text = readFileSync(`/sys/block/${name}/queue/scheduler`, "utf8");
      assert.equal(facts["scheduler"], /\[(.+)\]/.exec(text)?.[1] ?? "none");
    }
    const psi = existsSync("/proc/pressure/cpu") ? ["cpu", "memory", "io"] : [];
    assert.deepEqual(capability(report, "pressure", "host pressure").facts["readable"], psi);
  });

  test("puts a job's group where a dry run would put it", () => {
    const flags = ["--cpu-quota", "50", "--memory-limit", "64M", "--pids-max", "50"];
    const { stdout } = run(["run", "--dry-run", "--json", "--job-id", "where", ...flags, "--", "true"], { env: state });
    const plan = JSON.parse(stdout) as { groups: { path: string; controllers: string[] }[] };
    for (const name of ["cpu", "memory", "pids"]) {
      const planned = plan.groups.find(({ controllers }) => controllers.includes(name))?.path ?? null;
      const parent = capability(told, "controllers", name).facts["parent"] as string | null;
      assert.equal(parent === null ? null : `${parent}/corral-where`, planned, name);
    }
  });

  for (const [who, prefix] of [
    ["this user", []],
    ["nobody", asNobody],
  ] as const) {
    test(`judges limits as a run of ${who} reports them`, { skip: prefix.length > 0 && needsRoot }, () => {
      const values: Readonly<Record<string, readonly string[]>> = {
        "cpu-quota": ["--cpu-quota", "50"],
        "cpu-weight": ["--cpu-weight", "50"],
        cpuset: ["--cpuset", "0"],
        "memory-limit": ["--memory-limit", "256M"],
        "memory-high": ["--memory-high", "128M"],
        "pids-max": ["--pids-max", "100"],
        "io-weight": ["--io-weight", "50"],
        "oom-group": ["--oom-group"],
      };
      const { limits } = prefix.length === 0 ? told : examine({ prefix });
      const flags = Object.values(values).flat();
      const { stdout } = run(["run", "--json", "--quiet", ...flags, "--", "/bin/true"], { prefix, env: state });
      const { constraints } = JSON.parse(stdout) as {
        constraints: { name: string; status: string; reason: string | null }[];
      };
      for (const name of Object.keys(values)) {
        const outcome = constraints.find((one) => one.name === name);
        assert.equal(limits.find((one) => one.name === name)?.status, outcome?.status, `${name}: ${outcome?.reason}`);
      }
    });
  }

  test("says denied for every controller to a plain user", { skip: needsRoot }, () => {
    const report = examine({ prefix: asNobody, env: state });
    assert.equal(report.uid, 65534);
    for (const { name, status, found, facts } of inGroup(report, "controllers")) {
      if (facts["version"] === null) continue;
      assert.deepEqual([status, facts["writable"]], ["no", false], name);
      // On cgroup v2 a controller may not even have been passed down to this user's group.
      const withheld = /has not been given the controllers/.test(found);
      assert.deepEqual([facts["denied"], /denied: /.test(found)], [!withheld, !withheld], found);
    }
    assert.deepEqual(
      report.limits.filter(({ status }) => status === "applied"),
      [],
    );
    assert.deepEqual(
      inGroup(report, "files").map(({ status }) => status),
      ["no", "no"],
    );
    assert.match(report.summary, /^For uid 65534, corral run enforces here: nothing; /);
  });

  test("works without the addon and names what is used instead", () => {
    const report = examine({ env: { CORRAL_NO_ADDON: "1" } });
    assert.deepEqual(capability(report, "native", "addon").facts, {
      loaded: false,
      path: null,
      reason: "CORRAL_NO_ADDON=1 is set",
    });
    assert.equal(capability(report, "native", "launcher").status, "yes");
    assert.equal(capability(report, "native", "pidfd").status, "no");
    if (isRoot) assert.equal(capability(report, "groups", "clone3 into group").status, "partly");
  });

  test("probes below the parent that CORRAL_CGROUP_PARENT names", () => {
    const report = examine({ env: { CORRAL_CGROUP_PARENT: "/does-not-exist" } });
    for (const { facts } of inGroup(report, "controllers").filter(({ facts }) => facts["version"] !== null))
      assert.match(String(facts["reason"]), /does not exist/);
  });

  test("is plain text in a pipe, with the summary last", () => {
    const { stdout } = run(["doctor"], { env: { COLUMNS: "100" } });
    assert.doesNotMatch(stdout, /\u001b/);
    assert.match(stdout, /^Controllers$/m);
    assert.ok(stdout.split("\n").every((line) => line.length <= 100));
    assert.match(stdout.trimEnd().split("\n\n").at(-1) ?? "", /^For uid \d+, corral run enforces here: /);
  });

  test("leaves no group behind, also when it is interrupted", async () => {
    const whole = run(["doctor", "--json"]);
    assert.deepEqual(groupsNamed(`corral-doctor-${whole.pid}-`), []);
    for (const delayMs of fewInGuest([120, 80, 40, 50, 60, 70, 90, 100, 110], 2)) {
      const child = spawn(process.execPath, ["dist/corral.cjs", "doctor", "--json"], { stdio: "ignore" });
      const ended = new Promise((resolve) => {
        child.once("exit", resolve);
      });
      await sleep(scaled(delayMs));
      child.kill("SIGINT");
      await ended;
      assert.deepEqual(groupsNamed(`corral-doctor-${child.pid}-`), []);
    }
  });
});
