/**
 * Packages that the library uses, made part of it: installing Corral installs nothing else. What is used of each becomes one
 * module in `vendor/` of the library, and the files that import the package import that instead. Their declarations get by
 * without the packages' own: none of those types is in what the library offers, so there they stand for anything.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { root } from "./root.mjs";
import { filesUnder } from "./stamp.mjs";

const packages = ["valibot", "yaml"];

/** Most type parameters that a type of theirs takes. */
const typeParameters = ["A", "B", "C", "D", "E", "F"].map((name) => `${name} = any`).join(", ");

/** @param {string} name of a package */
const importsOf = (name) => new RegExp(`^(import|export) (type )?(\\* as (\\w+)|\\{([^}]*)\\}) from "${name}";$`, "gm");

/**
 * Names that a file uses of a package.
 * @param {string} text @param {string} name
 * @returns {string[]}
 */
function usedNames(text, name) {
  return [...text.matchAll(importsOf(name))].flatMap(([, , , , namespace, list]) =>
    namespace === undefined
      ? (list ?? "").split(",").flatMap((one) => one.trim().split(/\s+as\s+/)[0] || [])
      : [...text.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, "g"))].map(([, used]) => /** @type {string} */ (used)),
  );
}

/**
 * @param {string} name @param {readonly string[]} names
 * @returns {Promise<string>} a module that exports these of the package
 */
async function moduleOf(name, names) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names.join(", ")} } from "${name}";`, resolveDir: root },
    // Neutral: packages that have a form of modules for every platform give that, and not one that calls require().
    ...{ bundle: true, write: false, minify: true, format: "esm", platform: "neutral", target: "node20" },
    ...{ legalComments: "none", logLevel: "silent" },
  });
  return outputFiles[0]?.text ?? "";
}

/**
 * @param {string} library directory of the emitted library, relative to the root
 * @throws {Error} with esbuild's messages
 */
export async function vendorPackages(library) {
  const files = filesUnder(library, (path) => /\.(js|d\.ts)$/.test(path));
  for (const name of packages) {
    /** @type {{ code: Set<string>, types: Set<string> }} */
    const names = { code: new Set(), types: new Set() };
    for (const path of files) {
      const file = join(root, path);
      const text = readFileSync(file, "utf8");
      const isTypes = path.endsWith(".d.ts");
      const used = usedNames(text, name);
      if (used.length === 0 && !text.includes(`from "${name}"`)) continue;
      for (const one of used) names[isTypes ? "types" : "code"].add(one);
      const up = relative(join(path, ".."), join(library, "vendor"));
      const target = `${up.startsWith(".") ? up : `./${up}`}/${name}.js`;
      writeFileSync(file, text.replaceAll(`from "${name}";`, `from "${target}";`));
    }
    if (names.code.size === 0) continue;
    mkdirSync(join(root, library, "vendor"), { recursive: true });
    const declarations = [...names.types].sort().map((type) => `export type ${type}<${typeParameters}> = any;`);
    writeFileSync(join(root, library, `vendor/${name}.js`), await moduleOf(name, [...names.code].sort()));
    writeFileSync(join(root, library, `vendor/${name}.d.ts`), `${["export {};", ...declarations].join("\n")}\n`);
  }
}
