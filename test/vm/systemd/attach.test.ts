import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import { ownCorral, placeOf } from "../attached.ts";
import { fixture, read, v2 } from "../support.ts";
import { copyProgram, scratch } from "./units.ts";

const systemctl = (...args: readonly string[]): string => execFileSync("systemctl", args, { encoding: "utf8" }).trim();

/** Starts a program as a unit; its process and the group that it is in. */
function startUnit(unit: string, command: readonly string[]): { readonly pid: number; readonly from: string } {
  execFileSync("systemd-run", ["--quiet", `--unit=${unit}.service`, ...command]);
  const pid = Number(systemctl("show", "--property=MainPID", "--value", `${unit}.service`));
  const from = `/system.slice/${unit}.service`;
  assert.equal(placeOf(pid), from);
  return { pid, from };
}

test("a unit's process is not taken out of it, unless forced, then limited in a scope, and goes back", async () => {
  using corral = ownCorral();
  const unit = `vmtest-unit-${process.pid}`;
  const { pid, from } = startUnit(unit, [fixture("burn-cpu"), "300"]);
  try {
    const flags = ["attach", "--pid", String(pid), "--job-id", "of-a-unit", "--pids-max", "9", "--once"];

    const refused = corral.run(...flags);
    assert.equal(refused.status, 125);
    assert.match(
      refused.err,
      new RegExp(`belongs to the systemd unit "${unit}.service", and these limits would move it out; `),
    );
    assert.equal(placeOf(pid), from);

    const nice = corral.run("attach", "--pid", String(pid), "--job-id", "in-place", "--nice", "5", "--once");
    assert.deepEqual([nice.status, placeOf(pid)], [0, from], nice.err);
    assert.equal(corral.run("detach", "in-place").status, 0);

    const forced = corral.run(...flags, "--force-move", "--scope", "systemd", "--strict");
    assert.equal(forced.status, 0, forced.err);
    const group = "/system.slice/corral-of-a-unit.scope/corral-of-a-unit";
    assert.deepEqual([placeOf(pid), read(`${v2}${group}/pids.max`)], [group, "9"]);

    const detached = corral.run("detach", "of-a-unit");
    assert.equal(detached.status, 0, detached.err);
    assert.equal(placeOf(pid), from);
    await until("the scope is gone", () => !existsSync(`${v2}/system.slice/corral-of-a-unit.scope`));
    assert.equal(systemctl("is-active", `${unit}.service`), "active");
  } finally {
    systemctl("stop", `${unit}.service`);
  }
});

test("a rule with force_move takes a unit's process into a scope, one without leaves it, and the end of the watch undoes it", async () => {
  using corral = ownCorral();
  mkdirSync(scratch, { recursive: true });
  const [moved, left] = [copyProgram("moved", "/bin/sleep"), copyProgram("left", "/bin/sleep")];
  const units = [moved, left].map((program, index) => {
    const unit = `vmtest-watched-${process.pid}-${index}`;
    return { unit, ...startUnit(unit, [program, "300"]) };
  });
  const rule = (name: string, program: string, more: string): string =>
    `  - { name: ${name}, match: { exe: ${program} }, limits: { pids-max: 9 }${more} }`;
  const rules = `${scratch}/force-move.yaml`;
  const lines = [rule("force", moved, ", force_move: true"), rule("gentle", left, "")];
  writeFileSync(rules, ["version: 1", "scan_interval: 1s", "rules:", ...lines, ""].join("\n"));
  const watch = corral.start("watch", "--config", rules, "--on-stop", "release");
  try {
    const [one, other] = units;
    const place = (): string => placeOf(one?.pid ?? 0);
    await until("it is in a scope", () => /^\/system\.slice\/corral-.+\.scope\/corral-/.test(place()), 30_000);
    const scope = place().split("/")[2] ?? "";
    await until("its limit stands", () => read(`${v2}${place()}/pids.max`) === "9", 10_000);
    assert.equal(systemctl("is-active", scope), "active");
    assert.equal(placeOf(other?.pid ?? 0), other?.from);
    watch.kill("SIGTERM");
    assert.deepEqual(await once(watch, "exit"), [0, null]);
    assert.equal(place(), one?.from);
    await until("the scope is gone", () => !existsSync(`${v2}/system.slice/${scope}`));
  } finally {
    watch.kill("SIGKILL");
    for (const { unit } of units) systemctl("stop", `${unit}.service`);
  }
});
