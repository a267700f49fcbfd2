import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/dependencies.md", "docs/errors.md"];

describe("the documents", () => {
  test("docs/dependencies.md has a row for every dependency and for nothing else, with the licence it declares", () => {
    const rows = [
      ...readFileSync("docs/dependencies.md", "utf8").matchAll(/^\| (\S+) \| \w+ \| .+ \| (.+?) \| .+ \|$/gm),
    ];
    const documented = Object.fromEntries(rows.map(([, name, licence]) => [name, licence]).slice(1));
    const { dependencies = {}, devDependencies, optionalDependencies } = manifest;
    const used = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    assert.deepEqual(documented, Object.fromEntries(used.map((name) => [name, licenceOf(name)])));
  });

  test("every dependency is pinned to one version", () => {
    const { dependencies = {}, devDependencies, optionalDependencies } = manifest;
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    assert.deepEqual(
      versions.filter(([, version]) => !/^(npm:\w+@)?\d+\.\d+\.\d+$/.test(version)),
      [],
    );
  });

  test("package-lock.json pins what package.json asks for", () => {
    const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: { "": Manifest } };
    const asked = ({ devDependencies, optionalDependencies }: Manifest): unknown => [
      devDependencies,
      optionalDependencies,
    ];
    assert.deepEqual(asked(lock.packages[""]), asked(manifest));
  });

  /** What a table says of a test: its file, and how the names of the tests begin or what they contain. */
  test("docs/fleet-robustness.md names only tests that exist", () => {
    const text = readFileSync("docs/fleet-robustness.md", "utf8");
    const rows = [...text.matchAll(/`((?:src|test)\/[^`]+\.test\.ts)`((?:,? "[^"]+")*)/g)];
    const missing = rows.flatMap(([, file = "", names = ""]) => {
      const tests = readFileSync(file, "utf8");
      return [...names.matchAll(/"([^"]+)"/g)].flatMap(([, name = ""]) =>
        tests.includes(name) ? [] : [`${file}: ${name}`],
      );
    });
    assert.ok(rows.length > 0);
    assert.deepEqual(missing, []);
  });

  for (const document of documents) {
    const text = readFileSync(document, "utf8");

    test(`${document} links only to files that exist`, () => {
      const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
      assert.deepEqual(
        targets.filter((target) => !existsSync(join(dirname(document), target))),
        [],
      );
    });

    test(`${document} names only npm scripts that exist`, () => {
      const names = [...text.matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? "");
      assert.deepEqual(
        names.filter((name) => !(name in manifest.scripts)),
        [],
      );
    });
  }
});

function licenceOf(name: string): unknown {
  return (JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8")) as { license?: unknown })
    .license;
}
