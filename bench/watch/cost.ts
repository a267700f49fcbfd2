import { request } from "node:http";
import { sleep } from "../lib/measure.ts";
import type { Discoverer } from "./discoverers.ts";
import { cpuSec, rssMib } from "./discoverers.ts";

/** What a discoverer costs while nothing, or a storm, happens around it. */
export interface Cost {
  readonly cpuPercent: number;
  readonly rssMib: number;
}

export async function measureCost({ pid }: Discoverer, seconds: number): Promise<Cost> {
  const before = { cpu: cpuSec(pid), at: performance.now() };
  await sleep(seconds * 1000);
  const elapsedSec = (performance.now() - before.at) / 1000;
  return { cpuPercent: (100 * (cpuSec(pid) - before.cpu)) / elapsedSec, rssMib: rssMib(pid) };
}

/** Executions per second of the whole host (proc_stat(5), processes counts forks). */
export async function forkRate(readForks: () => number, seconds: number): Promise<number> {
  const before = readForks();
  await sleep(seconds * 1000);
  return (readForks() - before) / seconds;
}

/** The metrics that a watch serves on a socket, by series. */
export function readMetrics(socketPath: string): Promise<ReadonlyMap<string, number>> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/metrics", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        resolve(
          new Map(
            lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
          ),
        );
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
