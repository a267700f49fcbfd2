import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import type { RunReport } from "../../../src/report/index.ts";
import { until } from "../../shared/timing.ts";
import { read, v2 } from "../support.ts";
import { installCorral, installUnit, property, scratch, systemctl, verifyUnit } from "./units.ts";

const template = "corral-job@.service";
const unitOf = (name: string): string => `corral-job@${name}.service`;
const groupOf = (name: string): string =>
  `${v2}/system.slice/system-corral\\x2djob.slice/${unitOf(name)}/corral-${name}`;

const settings = [
  "EnvironmentFile=",
  `EnvironmentFile=${scratch}/%i.conf`,
  `StandardOutput=file:${scratch}/%i.out`,
  `StandardError=file:${scratch}/%i.err`,
];

const configure = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(join(scratch, `${name}.conf`), `${lines.join("\n")}\n`);

const said = (name: string): string => {
  const path = join(scratch, `${name}.err`);
  return existsSync(path) ? read(path) : "";
};

function resultOf(name: string): RunReport {
  const file = readdirSync("/var/lib/corral/results").findLast((one) => one.startsWith(`${name}~`));
  assert.ok(file, said(name));
  return JSON.parse(readFileSync(`/var/lib/corral/results/${file}`, "utf8")) as RunReport;
}

const processesOf = (name: string): string[] =>
  existsSync(groupOf(name))
    ? read(`${groupOf(name)}/cgroup.procs`)
        .split("\n")
        .filter(Boolean)
    : [];

before(() => {
  installCorral();
  mkdirSync(scratch, { recursive: true });
  installUnit(template, ...settings);
});

test("systemd-analyze finds nothing wrong with the template", () => {
  assert.deepEqual(verifyUnit(unitOf("x").replace("x", "")), [0, ""]);
});

test("a job runs under the limits of its file, below the unit's own group, with its words as they are written", async () => {
  configure(
    "words",
    "CORRAL_FLAGS=--pids-max 30 --tag 'team=a b'",
    `CORRAL_COMMAND=/bin/sh -c 'cat /proc/self/cgroup; echo "$1|$2"' sh "one two" three`,
  );
  assert.deepEqual(systemctl("start", unitOf("words")), { status: 0, text: "" });
  await until("it has ended", () => property(unitOf("words"), "ActiveState") === "inactive", 20_000);
  assert.equal(read(join(scratch, "words.out")), `0::${groupOf("words").slice(v2.length)}\none two|three`);
  const { exit_code, tags, constraints, argv } = resultOf("words");
  assert.deepEqual(
    [exit_code, tags, constraints.map(({ name, status }) => `${name} ${status}`), argv.at(-1)],
    [0, { team: "a b" }, ["pids-max applied"], "three"],
  );
});

test("without flags, and with one word, it runs as well", async () => {
  configure("bare", "CORRAL_COMMAND=true");
  assert.equal(systemctl("start", unitOf("bare")).status, 0);
  await until("it has ended", () => property(unitOf("bare"), "ActiveState") === "inactive", 20_000);
  assert.equal(property(unitOf("bare"), "Result"), "success", said("bare"));
});

test("a job that fails fails its unit with its own exit status", async () => {
  configure("fails", "CORRAL_COMMAND=/bin/sh -c 'exit 7'");
  systemctl("start", unitOf("fails"));
  await until("it has failed", () => property(unitOf("fails"), "ActiveState") === "failed", 20_000);
  assert.equal(property(unitOf("fails"), "ExecMainStatus"), "7", said("fails"));
});

test("stopping the unit ends the whole workload, with a true result, and leaves no group", async () => {
  configure("stopped", "CORRAL_FLAGS=--memory-limit 256M", "CORRAL_COMMAND=/bin/sh -c 'sleep 600 & sleep 600'");
  systemctl("start", unitOf("stopped"));
  await until("both run", () => processesOf("stopped").length === 3, 20_000);
  assert.deepEqual(systemctl("stop", unitOf("stopped")), { status: 0, text: "" });
  const { ended_by_corral, exit_signal } = resultOf("stopped");
  assert.deepEqual([ended_by_corral, exit_signal, existsSync(groupOf("stopped"))], ["tied", "SIGTERM", false]);
});

test("with KillMode=process and CORRAL_LIFETIME=detach the workload outlives its unit", async () => {
  installUnit(template, ...settings, "KillMode=process");
  configure("outlives", "CORRAL_LIFETIME=detach", "CORRAL_FLAGS=--pids-max 9", "CORRAL_COMMAND=sleep 600");
  systemctl("start", unitOf("outlives"));
  await until("it runs", () => processesOf("outlives").length === 1, 20_000);
  const [pid = ""] = processesOf("outlives");
  systemctl("stop", unitOf("outlives"));
  assert.deepEqual([processesOf("outlives"), read(`${groupOf("outlives")}/pids.max`)], [[pid], "9"]);
  process.kill(Number(pid), "SIGKILL");
});
