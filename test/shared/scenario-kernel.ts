import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asksMonitor, judgeRun } from "../../src/scenario/checks/index.ts";
import type { RunEvent } from "../../src/scenario/execute/index.ts";
import { runScenario } from "../../src/scenario/execute/index.ts";
import { parseScenario } from "../../src/scenario/file/index.ts";
import { planScenarioFile } from "../../src/scenario/plan/index.ts";
import type { RunRecord } from "../../src/scenario/record/index.ts";

export interface KernelRunOptions {
  readonly cgroupParent?: string | null;
  readonly onEvent?: (event: RunEvent) => void;
}

/** Runs the scenario of a text on this kernel. */
export async function runText(text: string, options: KernelRunOptions = {}): Promise<RunRecord> {
  const file = parseScenario(text, "/test.yaml");
  const planned = await planScenarioFile(file);
  assert.ok(planned.kind === "plan");
  const runtime = mkdtempSync(join(tmpdir(), "corral-scenario-"));
  try {
    const { scenario } = file;
    return await runScenario(planned.plan, {
      scenario,
      file: null,
      runtime,
      monitor: asksMonitor(scenario),
      ...options,
    });
  } finally {
    rmSync(runtime, { recursive: true });
  }
}

/** How the checks of this name came out. */
export const outcomesOf = (record: RunRecord, name: string): readonly string[] =>
  judgeRun(record).results.flatMap(({ check, outcome }) => (check === name ? [outcome] : []));
