import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { startAttach } from "../../src/run/attach/index.ts";
import type { RunSpec } from "../../src/run/index.ts";
import { noAttributes, startRun } from "../../src/run/index.ts";
import { attachSpec, directoriesOf, startTarget } from "../shared/attach.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { controller, requires, root } from "../shared/requires.ts";

const bench = openBench();

const jobs = 200;
const codeOf = (index: number): number => index % 120;
/** Says which job it is and where it stands, and ends in its own way. */
const scriptOf = (index: number): string =>
  `echo "job ${index}"; cat /proc/self/cgroup; sleep 0.${10 + (index % 40)}; exit ${codeOf(index)}`;

interface Ended {
  readonly index: number;
  readonly out: string;
  readonly report: RunReport;
}

/** Each job has its own output, status and group, and shares none of them. */
function assertOwn(ended: readonly Ended[]): void {
  for (const { index, out, report } of ended) {
    assert.deepEqual(
      [report.exit_code, report.exit_reason, report.platform_sla_compliant, report.survivors],
      [codeOf(index), codeOf(index) === 0 ? "success" : "error", true, []],
    );
    assert.equal(out.split("\n", 1)[0], `job ${index}`);
    assert.ok(out.includes(`/corral-${report.job_id}\n`), out);
    assert.deepEqual(
      report.constraints.map(({ name, status, effective }) => [name, status, effective]),
      [["pids-max", "applied", String(100 + index)]],
    );
  }
  const distinct = (of: (one: Ended) => unknown): number => new Set(ended.map(of)).size;
  assert.deepEqual(
    [
      distinct(({ report }) => report.job_id),
      distinct(({ report }) => report.pid),
      distinct(({ report }) => report.cgroups["pids"]),
    ],
    [jobs, jobs, jobs],
  );
}

test("200 runs at once in one program: each has its own result, none is shared", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const files = Array.from({ length: jobs }, () => bench.fresh("out"));
  const ended = await Promise.all(
    files.map(async (file, index): Promise<Ended> => {
      const out = openSync(file, "w");
      const spec: RunSpec = {
        command: ["sh", "-c", scriptOf(index)],
        jobId: null,
        limits: { pidsMax: 100 + index },
        attributes: noAttributes,
        env: bench.env,
        stdio: [0, out, 2],
        timeoutMs: null,
        killAfterMs: 1000,
        lifetime: "detach",
        processGroup: "own",
        strict: true,
        slaEligible: true,
        intent: null,
        tags: { index: String(index) },
        cgroupParent: bench.parent.argument,
        scope: "cgroupfs",
        account: false,
      };
      const started = await startRun(spec, { directories: directoriesOf(bench) });
      if (!started.started) throw started.error;
      const report = await started.job.result;
      closeSync(out);
      return { index, out: readFileSync(file, "utf8"), report };
    }),
  );
  assertOwn(ended);
  assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
});

test("200 runs of the command, twenty at a time: each has its own result, none is shared", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const ended: Ended[] = [];
  for (let from = 0; from < jobs; from += 20) {
    const batch = Array.from({ length: 20 }, async (_, offset): Promise<Ended> => {
      const index = from + offset;
      const flags = ["--pids-max", String(100 + index), "--strict", "--sla-eligible"];
      const { status, out, report } = await bench.report(flags, ["sh", "-c", scriptOf(index)], { limitMs: 120_000 });
      assert.equal(status, codeOf(index));
      return { index, out, report };
    });
    ended.push(...(await Promise.all(batch)));
  }
  assertOwn(ended);
  assert.equal(new Set(bench.results()).size, bench.results().length);
  assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
});

test("of a hundred attaches to one process at once exactly one gets it, and the others are told whose it is", async () => {
  const target = await startTarget(bench);
  const spec = attachSpec(bench, target.identity, { attributes: { ...noAttributes, nice: 3 } });
  const tries = await Promise.allSettled(
    Array.from({ length: 100 }, () => startAttach(spec, { directories: directoriesOf(bench) })),
  );
  const won = tries.flatMap((one) => (one.status === "fulfilled" && one.value.started ? [one.value.job] : []));
  const codes = tries.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []));
  assert.deepEqual([won.length, new Set(codes)], [1, new Set(["PROCESS_GOVERNED"])]);
  await won[0]?.detach("test");
  target.child.kill("SIGKILL");
});

expectNoLeftovers(bench);
