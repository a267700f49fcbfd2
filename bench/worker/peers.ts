import { spawnSync } from "node:child_process";

/** A program of others that does the same thing; null where it is not installed or told no figure. */
export interface Peer {
  readonly name: string;
  /** What a rate of ours is compared with: operations per second. */
  readonly rate: () => number | null;
}

function read(command: readonly string[], pattern: RegExp): number | null {
  const [file = "", ...args] = command;
  const { stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  const found = error === undefined ? pattern.exec(`${stdout}${stderr}`)?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

const seconds = 2;

/** Bogus operations per second of real time. */
function stressNg(stressor: string, workers: number): number | null {
  const args = ["--taskset", "0", `--${stressor}`, String(workers), "--timeout", `${seconds}s`, "--metrics-brief"];
  return read(
    ["stress-ng", ...args],
    new RegExp(`\\] ${stressor}\\s+\\d+\\s+[\\d.]+\\s+[\\d.]+\\s+[\\d.]+\\s+([\\d.]+)`),
  );
}

const loops = 500;

/** Messages per second: 20 processes send to 20 others, each so many times. */
function hackbench(): number | null {
  const command = ["taskset", "-c", "0", "hackbench", "-P", "-p", "-g", "1", "-l", String(loops)];
  const took = read(command, /Time: ([\d.]+)/);
  return took === null ? null : (20 * 20 * loops) / took;
}

export const peers = {
  pipe: [
    {
      name: "perf bench sched pipe",
      rate: () => read(["taskset", "-c", "0", "perf", "bench", "sched", "pipe", "-l", "100000"], /(\d+) ops\/sec/),
    },
    { name: "hackbench -P -p -g 1 (40 processes)", rate: hackbench },
  ],
  yield: [{ name: "stress-ng --yield", rate: () => stressNg("yield", 1) }],
  fork: [{ name: "stress-ng --fork", rate: () => stressNg("fork", 1) }],
} as const satisfies Record<string, readonly Peer[]>;
