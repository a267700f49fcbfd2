import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { before, describe, test } from "node:test";
import { cannedNames, cannedPath } from "../../../src/scenario/canned/index.ts";
import { verdictExitStatus } from "../../../src/scenario/checks/index.ts";
import { loadScenario } from "../../../src/scenario/index.ts";
import { documentOf, rehearseFile } from "../../../src/scenario/rehearse/index.ts";
import type { ScenarioDocument } from "../../../src/scenario/results/index.ts";
import { scaled } from "../../shared/timing.ts";

/** The guest's /tmp is memory: temporary files go to its disk, as on most hosts. */
const disk = "/dev/nvme0n1";
const onDisk = "/run/on-disk";

before(() => {
  execFileSync("mkfs.ext4", ["-q", disk]);
  mkdirSync(onDisk);
  execFileSync("mount", [disk, onDisk]);
  process.env["TMPDIR"] = onDisk;
});

const twinOf = (name: string): string => `scenarios/broken/${name}.yaml`;
const kindOf = (twin: string): string => /^ {2}Fails with: (\w+)$/m.exec(readFileSync(twin, "utf8"))?.[1] ?? "";

/** Runs a scenario as it is shipped. */
async function run(t: TestContext, path: string): Promise<ScenarioDocument> {
  const runtime = mkdtempSync(join(tmpdir(), "corral-canned-"));
  const began = performance.now();
  const [rehearsal] = await rehearseFile(loadScenario(path), { runtime });
  assert.ok(rehearsal);
  const document = documentOf(rehearsal);
  t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s; ${toldBy(document).join("; ")}`);
  return document;
}

const decided = ({ checks }: ScenarioDocument) => checks.filter(({ advisory }) => !advisory);
const toldBy = (document: ScenarioDocument): readonly string[] =>
  decided(document)
    .filter(({ outcome }) => outcome === "fail" || outcome === "inconclusive")
    .map(({ outcome, kind, message }) => `${outcome} ${kind}: ${message}`);

for (const name of cannedNames()) {
  const path = cannedPath(name) ?? "";

  describe(name, () => {
    test("passes", { timeout: scaled(30_000) }, async (t) => {
      const document = await run(t, path);
      assert.deepEqual([document.verdict, toldBy(document)], ["pass", []]);
    });

    test(`broken, it fails with ${kindOf(twinOf(name))} and nothing else`, { timeout: scaled(30_000) }, async (t) => {
      const document = await run(t, twinOf(name));
      const kinds = decided(document).flatMap(({ outcome, kind }) => (outcome === "fail" ? [kind] : []));
      assert.deepEqual([verdictExitStatus[document.verdict], [...new Set(kinds)]], [1, [kindOf(twinOf(name))]]);
    });
  });
}

test("by its name a scenario ends with 0, and its twin by its path with 1", () => {
  const corral = (...args: readonly string[]) =>
    spawnSync(process.execPath, ["dist/corral.cjs", "scenario", "run", ...args, "--quiet"], { encoding: "utf8" });
  const passed = corral("cpuset-apply");
  const failed = corral(twinOf("cpuset-apply"));
  assert.deepEqual([passed.status, failed.status], [0, 1], passed.stderr + failed.stderr);
  assert.match(failed.stdout, /FAIL isolation/);
});
