/**
 * `npm run demo`: sets up, then shows in about ten seconds what a limit does. Works without root;
 * what the host does not let an ordinary user enforce is then reported as such by the runs themselves.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.mjs";
import { say } from "./say.mjs";
import { setUp } from "./setup.mjs";

const scratch = mkdtempSync(join(tmpdir(), "corral-demo-"));

/** Counts as far as it can in three seconds of wall-clock time. */
const busyLoop = 'let n = 0; for (const end = Date.now() + 3000; Date.now() < end; n++); console.log("counted to", n)';

/** Takes 8 MiB more, touched, until somebody stops it or it has 512 MiB. */
const memoryHog =
  'const held = []; while (held.length < 64) held.push(Buffer.alloc(8 << 20, 1)); console.log("took 512 MiB")';

/**
 * Runs one governed command in front of the reader's eyes: the command line to copy, the output,
 * the exit status.
 * @param {string} title
 * @param {readonly string[]} limits
 * @param {string} program JavaScript for `node -e`
 * @returns {any} the report of the run
 * @throws {Error} when there is none
 */
function show(title, limits, program) {
  process.stdout.write(`\n── ${title}\n$ ${["./corral run", ...limits, "-- node -e"].join(" ")} '${program}'\n`);
  const reportFile = join(scratch, "report.json");
  rmSync(reportFile, { force: true });
  const args = ["run", ...limits, "--report", reportFile, "--", "node", "-e", program];
  const { status } = spawnSync(join(root, "corral"), args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  process.stdout.write(`exit status ${status}\n`);
  if (status === 125 || !existsSync(reportFile)) throw new Error("the run left no report");
  return JSON.parse(readFileSync(reportFile, "utf8"));
}

/** @param {any} report */
function inOneLine({ exit_reason, duration_sec, usage, constraints }) {
  const cpuSeconds = ((usage.cpu_user_us ?? 0) + (usage.cpu_sys_us ?? 0)) / 1e6;
  const peak = usage.memory_peak_bytes === null ? "unknown" : `${(usage.memory_peak_bytes / 2 ** 20).toFixed(1)} MiB`;
  const limits = constraints.map(({ name, requested, status }) => `${name} ${requested}: ${status}`).join(", ");
  const columns = [
    exit_reason.padEnd(9),
    `${cpuSeconds.toFixed(2)} s of CPU in ${duration_sec.toFixed(2)} s`.padEnd(25),
    `memory peak ${peak}`.padEnd(23),
    limits === "" ? "no limits" : limits,
  ];
  return columns.join("  ");
}

try {
  await setUp(["build"]);
  if (process.getuid?.() !== 0) {
    process.stdout.write(
      "Not root: limits apply only where this user owns a group. Each run says what became of its limits.\n",
    );
  }
  const runs = [
    show("a busy loop without a limit", [], busyLoop),
    show("the same loop at 20 percent of one CPU", ["--cpu-quota", "20"], busyLoop),
    show("a memory hog with 64 MiB", ["--memory-limit", "64"], memoryHog),
  ];
  process.stdout.write(`\n── the report of the last run\n${JSON.stringify(runs.at(-1), null, 2)}\n`);
  process.stdout.write(`\n── side by side\n${runs.map(inOneLine).join("\n")}\n`);
} catch (error) {
  say(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
