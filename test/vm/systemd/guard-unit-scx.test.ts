/** The capabilities of systemd/corral-guard.service, by what the scx scheduler needs. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { after, test } from "node:test";
import { readScheduling } from "../../../src/kernel/index.ts";
import { until } from "../../shared/timing.ts";
import type { Line } from "../guard/support.ts";
import { read, write } from "../support.ts";
import { clear, inSession, install, lines, root, said, start, started, unit } from "./guard-service.ts";
import { systemctl } from "./units.ts";

const extPolicy = 7;
/** Of a user who is not root: whoever touches his tasks needs a capability for it. */
const tenant = 1000;
const file = `version: 1\ncpu: { backend: scx }\nsessions: [{ name: own }, { name: t, uid: ${tenant} }]\n`;

after(clear);

test("loads the scx scheduler with the unit's capabilities; without CAP_SYS_NICE it has the tasks of its own user alone", async () => {
  for (const isWhole of [true, false]) {
    install(file, ...(isWhole ? [] : ["CapabilityBoundingSet=~CAP_SYS_NICE"]));
    const from = lines().length;
    start();
    const told = (event: string): Line | undefined =>
      lines()
        .slice(from)
        .find((line) => line.event === event);
    assert.ok(told("SCHEDULER_LOADED") !== undefined, said());
    const own = await inSession("own");
    const theirs = spawn("setpriv", ["--reuid", String(tenant), "--clear-groups", "sleep", "600"], { stdio: "ignore" });
    started.push(theirs);
    // Root's own it would be had.
    await until("it to be the tenant's", () => read(`/proc/${theirs.pid}/status`).includes(`Uid:\t${tenant}\t`));
    write(`${root}/t/framework/cgroup.procs`, String(theirs.pid));
    const policyOf = ({ pid }: ChildProcess): number => readScheduling(pid ?? 0).policy;
    await until("what is root's to be under the scheduler", () => policyOf(own) === extPolicy, 20_000);
    if (isWhole) await until("what is a tenant's too", () => policyOf(theirs) === extPolicy, 20_000);
    else await until("the guard to say what it may not", () => told("WARNING") !== undefined, 20_000);
    assert.equal(policyOf(theirs), isWhole ? extPolicy : 0);
    for (const child of [own, theirs]) child.kill("SIGKILL");
    assert.equal(systemctl("stop", unit).status, 0);
  }
});
