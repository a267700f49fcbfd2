import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./root.mjs";

/**
 * Bundles TypeScript files, each for itself, into modules that node runs. Packages stay external:
 * they are found in the repository's node_modules, because `outdir` is below the root.
 * @param {readonly string[]} entryPoints relative to the repository root
 * @param {string} outdir relative to the repository root; keeps the folders of the entry points
 * @returns {Promise<string[]>} absolute paths of the bundles, in the order of the entry points
 */
export async function bundleModules(entryPoints, outdir) {
  if (entryPoints.length === 0) return [];
  await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    outdir,
    outbase: ".",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    logLevel: "warning",
  });
  return entryPoints.map((path) => join(root, outdir, path.replace(/\.ts$/, ".mjs")));
}
