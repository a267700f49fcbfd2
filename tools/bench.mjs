/**
 * `npm run bench`: sets up, then runs every bench/*.bench.ts one after the other, or those whose
 * name holds one of the given words.
 *
 *     node tools/bench.mjs [WORD…]
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "./root.mjs";
import { setUp } from "./setup.mjs";
import { filesUnder } from "./stamp.mjs";

const words = process.argv.slice(2);
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
    process.stdout.write(`\n━━ ${basename(file, ".mjs")}\n`);
    const { status } = spawnSync(process.execPath, ["--enable-source-maps", file], { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(join(root, outdir), { recursive: true, force: true });
}
