/**
 * `npm run fresh-clone`: clones HEAD into an empty folder and runs .ci/run there with an empty home
 * and an empty npm cache, which is what a new user and CI have. For maintainers, before a release.
 *
 *     node tools/fresh-clone.mjs [--keep]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.mjs";
import { say } from "./say.mjs";

const scratch = mkdtempSync(join(tmpdir(), "corral-fresh-clone-"));
const clone = join(scratch, "corral");
const home = join(scratch, "home");
mkdirSync(home);

const inherited = Object.entries(process.env).filter(([name]) => !/^npm_|^XDG_|^NODE_OPTIONS$|^INIT_CWD$/i.test(name));
const env = { ...Object.fromEntries(inherited), HOME: home, npm_config_cache: join(scratch, "npm-cache") };

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  return spawnSync(program, args, { cwd, env, stdio: "inherit" }).status ?? 1;
}

try {
  const cloned = run("git", ["clone", "--quiet", "--no-local", root, clone], scratch);
  process.exitCode = cloned === 0 ? run("./.ci/run", [], clone) : cloned;
} finally {
  if (process.argv.includes("--keep")) say(`fresh-clone: kept ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
}
