/**
 * `npm run bench`: sets up, then runs every bench/*.bench.ts one after the other, or those whose
 * name holds one of the given words. The words end at the first flag; flags go to the benchmarks.
 *
 *     node tools/bench.mjs [WORD…] [FLAG…]
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "./root.mjs";
import { setUp } from "./setup.mjs";
import { filesUnder } from "./stamp.mjs";

const given = process.argv.slice(2);
const firstFlag = given.findIndex((word) => word.startsWith("-"));
const words = firstFlag === -1 ? given : given.slice(0, firstFlag);
const flags = firstFlag === -1 ? [] : given.slice(firstFlag);
const isWanted = (path) => words.length === 0 || words.some((word) => basename(path).includes(word));

await setUp(["build", "tests"]);
// Imported late: esbuild exists only once the set-up has run.
const { bundleModules } = await import("./bundle.mjs");

const outdir = join("build/bench", String(process.pid));
try {
  const benchmarks = filesUnder("bench", (path) => path.endsWith(".bench.ts"))
    .filter(isWanted)
    .toSorted();
  for (const file of await bundleModules(benchmarks, outdir)) {
    // A document on stdout stays alone there.
    if (!flags.includes("--json")) process.stdout.write(`\n━━ ${basename(file, ".mjs")}\n`);
    const argv = ["--enable-source-maps", file, ...flags];
    const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(join(root, outdir), { recursive: true, force: true });
}
