import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as v from "valibot";
import type { IsolationDocument } from "../../../src/guard/replay/index.ts";
import { isolationSchema } from "../../../src/guard/replay/index.ts";
import { v2 } from "../support.ts";
import { corralProgram } from "./support.ts";

interface Compared {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the benchmark. @param onLine told each line of its stderr, with what stops it */
function compare(
  flags: readonly string[],
  onLine: (line: string, stop: () => void) => void = () => {},
): Promise<Compared> {
  const [node = "", corral = ""] = corralProgram();
  const child = spawn(node, [corral, "guard", "bench", "isolation", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    onLine(chunk.toString(), () => child.kill("SIGINT"));
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
}

const leftGroups = (): readonly string[] => readdirSync(v2).filter((name) => name.startsWith("corral-replay-"));

/** A quarter of the trace, with a limit that three agents do not fit into: what is told of a run does not depend on its length. */
const short = ["--trace", "15s"];

// How often who survives is for the benchmark to say: it takes many runs.
test("policies are compared side by side, what was lost and decided is told, and no group is left", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "corral-replaytest-"));
  t.after(() => rmSync(home, { recursive: true }));
  const file = join(home, "isolation.json");
  const flags = [...short, "--runs", "1", "--policies", "none,two-stage", "--json", "--out", file];
  const { status, stdout, stderr } = await compare(flags);
  assert.equal(status, 0, stderr);
  const document = JSON.parse(stdout) as IsolationDocument;
  assert.deepEqual(v.safeParse(isolationSchema, document).issues, undefined);
  const { complete, policies, runs } = document;
  assert.deepEqual(
    [complete, runs.map(({ run, policy, sessions }) => [run, policy, sessions.length])],
    [
      true,
      [
        [1, "none", 3],
        [1, "two-stage", 3],
      ],
    ],
  );
  const [none, twoStage] = policies;
  for (const one of policies) t.diagnostic(`${one.policy}: ${one.survived?.count} alive, ${one.oom_kills} OOM kills`);
  assert.deepEqual(none?.decisions, {}, stderr);
  assert.ok((twoStage?.decisions["clamp"] ?? 0) > 0, `nobody was clamped: ${stderr}`);
  assert.equal(
    (none?.oom_kills ?? 0) > 0,
    (none?.survived?.count ?? 3) < 3,
    "who is lost without a policy fell to the OOM killer",
  );
  assert.deepEqual(leftGroups(), []);
  const pooled = await compare(["--pool", file, "--json"]);
  assert.deepEqual([pooled.status, JSON.parse(pooled.stdout)], [0, document]);
});

test("an interrupted comparison tells the runs that were done, and leaves no group", async () => {
  const flags = [...short, "--runs", "5", "--policies", "alone,none"];
  const { status, stdout, stderr } = await compare(flags, (line, stop) => {
    if (line.includes("1/10 run 1 alone")) stop();
  });
  assert.deepEqual([status, stdout.includes("Stopped before all runs were done.")], [130, true], stderr);
  assert.match(stdout, /alone \(1 run\) +high .* 1\/1 = 100\.0 %/);
  assert.deepEqual(leftGroups(), []);
});
