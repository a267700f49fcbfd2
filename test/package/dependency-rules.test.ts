import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, test } from "node:test";

/** The names of the repository's rules that a folder made of the given files breaks. */
function rulesBroken(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "corral-layers-"));
  try {
    writeFileSync(join(folder, "tsconfig.json"), `{ "extends": "${resolve("tsconfig.json")}", "include": ["src"] }`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const cruiser = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    const args = [cruiser, "--config", resolve(".dependency-cruiser.cjs"), "--output-type", "err", "."];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    const rules = [...stdout.matchAll(/error ([a-z-]+):/g)].map((match) => match[1] ?? "").toSorted();
    assert.equal(status === 0, rules.length === 0, stdout);
    return rules;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the layer checker", () => {
  test("accepts imports that point downwards and use the door", () => {
    const broken = rulesBroken({
      "src/run/index.ts": 'export { b } from "../kernel/index.ts";\n',
      "src/kernel/index.ts": "export const b = 1;\n",
    });
    assert.deepEqual(broken, []);
  });

  test("refuses an upward import, also of a type", () => {
    const broken = rulesBroken({
      "src/run/index.ts": "export interface Job { id: string }\n",
      "src/kernel/index.ts":
        'import type { Job } from "../run/index.ts";\nexport const idOf = (job: Job): string => job.id;\n',
    });
    assert.deepEqual(broken, ["kernel-imports-downwards-only"]);
  });

  test("refuses an import between rooms of one storey", () => {
    const broken = rulesBroken({
      "src/policy/index.ts": 'export { a } from "../run/index.ts";\n',
      "src/run/index.ts": "export const a = 1;\n",
    });
    assert.deepEqual(broken, ["policy-imports-downwards-only"]);
  });

  test("refuses an import past a room's door", () => {
    const broken = rulesBroken({
      "src/run/index.ts": 'export { b } from "../kernel/pidfd.ts";\n',
      "src/kernel/pidfd.ts": "export const b = 1;\n",
    });
    assert.deepEqual(broken, ["kernel-has-one-door"]);
  });

  test("refuses a cycle inside a room", () => {
    const broken = rulesBroken({
      "src/run/a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
      "src/run/b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
    });
    assert.deepEqual(broken, ["no-cycles"]);
  });

  test("lets only the cli boot machines, and machines use only kernel and report", () => {
    const broken = rulesBroken({
      "vm/index.ts": 'export { a } from "../src/run/index.ts";\n',
      "src/run/index.ts": "export const a = 1;\n",
      "src/guard/index.ts": 'export { a } from "../../vm/index.ts";\n',
      "src/cli/main.ts": 'export { a } from "../../vm/index.ts";\n',
    });
    assert.deepEqual(broken, ["only-the-cli-boots-machines", "vm-stands-on-kernel-and-report"]);
  });
});
