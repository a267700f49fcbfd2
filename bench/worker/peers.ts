import { spawnSync } from "node:child_process";
import { findProgram } from "../run/settings.ts";

/** Operations per second, or why there are none. */
export type PeerRate = number | { readonly skipped: string };

/** A program of others that does the same thing. */
export interface Peer {
  readonly name: string;
  /** What a rate of ours is compared with. */
  readonly rate: () => PeerRate;
}

/** Debian's packages of the programs. */
const packages = { "stress-ng": "stress-ng", hackbench: "rt-tests", perf: "linux-perf" } as const;
type Program = keyof typeof packages;

/** Runs a program on CPU 0, and reads a number of what it says. */
function read(program: Program, args: readonly string[], pattern: RegExp): PeerRate {
  if (findProgram(program) === null) return { skipped: `${program} is not installed (Debian: ${packages[program]})` };
  const { stdout, stderr, status } = spawnSync("taskset", ["-c", "0", program, ...args], { encoding: "utf8" });
  const found = pattern.exec(`${stdout}${stderr}`)?.[1];
  return found === undefined ? { skipped: `${program} told no figure, exit status ${status}` } : Number(found);
}

const seconds = 2;

/** Bogus operations per second of real time. */
function stressNg(stressor: string, workers: number): PeerRate {
  const args = ["--taskset", "0", `--${stressor}`, String(workers), "--timeout", `${seconds}s`, "--metrics-brief"];
  return read("stress-ng", args, new RegExp(`\\] ${stressor}\\s+\\d+\\s+[\\d.]+\\s+[\\d.]+\\s+[\\d.]+\\s+([\\d.]+)`));
}

const loops = 500;

/** Messages per second: 20 processes send to 20 others, each so many times. */
function hackbench(): PeerRate {
  const took = read("hackbench", ["-P", "-p", "-g", "1", "-l", String(loops)], /Time: ([\d.]+)/);
  return typeof took === "number" ? (20 * 20 * loops) / took : took;
}

export const peers = {
  pipe: [
    {
      name: "perf bench sched pipe",
      rate: () => read("perf", ["bench", "sched", "pipe", "-l", "100000"], /(\d+) ops\/sec/),
    },
    { name: "hackbench -P -p -g 1 (40 processes)", rate: hackbench },
  ],
  yield: [{ name: "stress-ng --yield", rate: () => stressNg("yield", 1) }],
  fork: [{ name: "stress-ng --fork", rate: () => stressNg("fork", 1) }],
} as const satisfies Record<string, readonly Peer[]>;
