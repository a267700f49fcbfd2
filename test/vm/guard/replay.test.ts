import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import type { IsolationDocument } from "../../../src/guard/replay/index.ts";
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

// How often who survives is for the benchmark to say: it takes many runs.
test("policies are compared side by side, what was lost and decided is told, and no group is left", async (t) => {
  const { status, stdout, stderr } = await compare(["--runs", "1", "--policies", "none,two-stage", "--json"]);
  assert.equal(status, 0, stderr);
  const { complete, policies, runs } = JSON.parse(stdout) as IsolationDocument;
  assert.deepEqual([complete, runs.length, policies.map(({ policy }) => policy)], [true, 2, ["none", "two-stage"]]);
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
});

test("an interrupted comparison tells the runs that were done, and leaves no group", async () => {
  const { status, stdout, stderr } = await compare(["--runs", "5", "--policies", "none"], (line, stop) => {
    if (line.includes("1/5 run 1 none")) stop();
  });
  assert.deepEqual([status, stdout.includes("Stopped before all runs were done.")], [130, true], stderr);
  assert.match(stdout, /none \([1-4] runs\)/);
  assert.deepEqual(leftGroups(), []);
});
