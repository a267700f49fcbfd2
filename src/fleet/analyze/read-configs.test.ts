import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "./read-configs.ts";

const folder = mkdtempSync(join(tmpdir(), "corral-configs-"));

function configOf(text: string) {
  mkdirSync(join(folder, "agents/a"), { recursive: true });
  writeFileSync(join(folder, "agents/a/config.yaml"), text);
  const flat = readConfig(folder, "a");
  return flat === null ? null : Object.fromEntries(flat);
}

test("every value has the way to it, words of a command are one, and stages go by their names", () => {
  expect(configOf("command: [x, y]\ntimeout: 5s\nlimits: {cpu-quota: 50}\n")).toEqual({
    ...{ command: '["x","y"]', timeout: '"5s"' },
    "limits.cpu-quota": "50",
  });
  expect(configOf("stages:\n  - {name: fill, workload: {load: {rate: 5}}}\n")).toEqual({
    ...{ "stages.fill.name": '"fill"' },
    "stages.fill.workload.load.rate": "5",
  });
});

test("one that was not kept, or is damaged, is none", () => {
  expect(readConfig(folder, "b")).toBeNull();
  expect(configOf("a: [")).toBeNull();
});
