import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { StatusDocument } from "../../src/run/jobs/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

test("what a workload used before an update gave it a group is told by wait4, and a warning says so", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const [begun, end] = [bench.fresh("begun"), bench.fresh("end")];
  const work = `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; : > ${begun}; until [ -e ${end} ]; do sleep 0.05; done`;
  const corral = bench.start(["run", "--quiet", "--job-id", "late", "--", "sh", "-c", work], { limitMs: 60_000 });
  await until("the workload has used its time", () => existsSync(begun));
  assert.equal((await bench.corral(["update", "late", "--pids-max", "50"])).status, 0);
  writeFileSync(end, "");
  const { status } = await corral.ended;
  const { out } = await bench.corral(["status", "late", "--json"]);
  const { result } = JSON.parse(out) as StatusDocument;
  assert.deepEqual([status, result?.usage.source, (result?.usage.cpu_user_us ?? 0) > 50_000], [0, "rusage", true]);
  assert.match(
    result?.warnings.join("\n") ?? "",
    /^the group has (?:cgroup v2, )?pids since \S+; what was used before is counted by wait4\(2\) of the leader only$/,
  );
});

test("what two updates add to a group is told with the time of each", async (t) => {
  if (!requires(t, root(), controller("pids"), controller("memory"))) return;
  const begun = bench.fresh("begun");
  const corral = bench.start([
    "run",
    "--quiet",
    "--job-id",
    "grows",
    "--",
    "sh",
    "-c",
    `: > ${begun}; exec sleep 1000`,
  ]);
  await until("the workload runs", () => existsSync(begun));
  for (const flags of [
    ["--pids-max", "50"],
    ["--memory-limit", "64M"],
    ["--pids-max", "60"],
  ])
    assert.equal((await bench.corral(["update", "grows", ...flags])).status, 0);
  const { live } = JSON.parse((await bench.corral(["status", "grows", "--json"])).out) as StatusDocument;
  await bench.corral(["stop", "grows"]);
  await corral.ended;
  const record = /^the group has (.+) since (\S+); what was used before is counted by wait4\(2\) of the leader only$/;
  const told = (live?.warnings ?? []).map((line) => record.exec(line)?.slice(1) ?? [line]);
  const times = told.map(([, time = ""]) => Date.parse(time));
  assert.deepEqual(
    told.map(([what]) => what?.replace("cgroup v2, ", "")),
    ["pids", "memory"],
  );
  assert.ok((times[0] ?? 0) < (times[1] ?? 0), JSON.stringify(told));
});

test("a limit that still stands after a refused change is told as standing, with the refusal", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const begun = bench.fresh("begun");
  const limited = ["run", "--quiet", "--job-id", "stands", "--cpu-quota", "50", "--cpu-burst", "10ms"];
  const corral = bench.start([...limited, "--", "sh", "-c", `: > ${begun}; exec sleep 1000`], { limitMs: 60_000 });
  await until("the workload runs", () => existsSync(begun));
  const quota = bench.parent.fileOf("cpu", "stands", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }) ?? "";
  const before = readFileSync(quota, "utf8");
  // The kernel refuses a quota below the burst.
  await bench.corral(["update", "stands", "--cpu-max", "5000 100000"]);
  const after = readFileSync(quota, "utf8");
  await bench.corral(["stop", "stands"]);
  await corral.ended;
  const { out } = await bench.corral(["status", "stands", "--json"]);
  const told = (JSON.parse(out) as StatusDocument).result?.constraints.find(({ name }) => name === "cpu-quota");
  assert.deepEqual([after, told?.status, told?.requested], [before, "applied", "50% (50000 us per 100000 us)"]);
  assert.match(told?.reason ?? "", /^still stands: a change to 5% \(5000 us per 100000 us\) was refused: /);
});

test("max lifts a CPU quota of a living job, and only what lives is proposed for it", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const begun = bench.fresh("begun");
  const script = `: > ${begun}; exec sleep 1000`;
  const limited = ["run", "--quiet", "--job-id", "lifted", "--cpu-quota", "50"];
  const corral = bench.start([...limited, "--", "sh", "-c", script], { limitMs: 60_000 });
  await until("the workload runs", () => existsSync(begun));
  const proposed = async (...words: readonly string[]) =>
    (await bench.corral(["completion", "--", "propose", ...words])).out.split("\n");
  assert.ok((await proposed("stop", "lif")).includes("lifted"));
  assert.equal((await bench.corral(["update", "lifted", "--cpu-quota", "max"])).status, 0);
  const quota = bench.parent.fileOf("cpu", "lifted", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }) ?? "";
  assert.match(readFileSync(quota, "utf8"), /^(-1|max 100000)\n$/);
  const refused = await bench.corral(["update", "lifted", "--affinity", "999"]);
  assert.equal(refused.status, 0);
  assert.match(
    refused.err,
    /^\[corral\] WARNING: affinity 999: failed .*none of these CPUs can be used here \(EINVAL\)$/m,
  );
  await bench.corral(["stop", "lifted"]);
  await corral.ended;
  assert.ok(!(await proposed("stop", "lif")).includes("lifted"));
  assert.deepEqual(await proposed("completion", "z"), ["zsh", ""]);
});

expectNoLeftovers(bench);
