import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CorralError } from "../../report/index.ts";
import { loadScenario } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-scenario-module-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function moduleOf(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const messageOf = (path: string): string => {
  try {
    loadScenario(path);
    return "none";
  } catch (thrown) {
    return CorralError.from(thrown).toLine();
  }
};

test("a module's default export is the scenario, of an ES module and of a CommonJS one", () => {
  const scenario = { version: 1, name: "made", steps: [{ hold: { fixed: "1ms" } }] };
  const text = JSON.stringify(scenario);
  for (const [name, code] of [
    ["es.mjs", `export default ${text};`],
    ["common.cjs", `module.exports = ${text};`],
    ["named.cjs", `exports.default = ${text};`],
  ] as const) {
    const path = moduleOf(name, code);
    expect(loadScenario(path)).toMatchObject({ file: path, path, scenario });
  }
});

test("what exports no scenario, or cannot be loaded, is refused with what is wrong", () => {
  const none = moduleOf("none.mjs", "export const scenario = {};");
  expect(messageOf(none)).toBe(
    `"${none}" exports no scenario as default; export a scenario as default, such as scenario(…) of corral/scenario`,
  );
  const broken = moduleOf("broken.mjs", "throw new Error('no luck');");
  expect(messageOf(broken)).toMatch(/broken\.mjs" cannot be loaded: no luck;/);
});

test("TypeScript is for versions of Node that load it", () => {
  const typed = moduleOf(
    "typed.ts",
    "const n: number = 1;\nmodule.exports = { version: 1, name: 's' + n, steps: [{}] };",
  );
  const importing = moduleOf("importing.mjs", "import n from './typed.mts';\nexport default { name: n, steps: [{}] };");
  moduleOf("typed.mts", "const n: string = 's2';\nexport default n;");
  if (Reflect.get(process.features, "typescript")) {
    expect([typed, importing].map((path) => loadScenario(path).scenario.name)).toEqual(["s1", "s2"]);
    return;
  }
  expect(messageOf(typed)).toMatch(/is TypeScript, which Node v\S+ does not load: use Node 22\.18 or later/);
  expect(messageOf(importing)).toMatch(/imports TypeScript, which Node v\S+ does not load: use Node 22\.18 or later/);
});
