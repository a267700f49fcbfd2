import { readdirSync } from "node:fs";
import { test } from "node:test";
import { setAffinity } from "../../../src/kernel/index.ts";
import { sleep } from "../../shared/timing.ts";
import { read, stat, write } from "../support.ts";
import { withSiblings, withTree } from "./support.ts";

const burnt = (g: string) => stat(`${g}/cpu.stat`, "usage_usec");
const pids = (g: string) => read(`${g}/cgroup.procs`).split("\n");
const cpuOf = (pid: string) => {
  const t = read(`/proc/${pid}/stat`);
  return Number(t.slice(t.lastIndexOf(")") + 2).split(" ")[36]);
};
async function watch(name: string, groups: readonly string[], seconds: number) {
  const b0 = groups.map(burnt);
  const w0 = performance.now();
  let last = b0;
  const lines: string[] = [];
  for (let s = 0; s < seconds; s++) {
    const on0: number[][] = [];
    for (let k = 0; k < 4; k++) {
      await sleep(250);
      on0.push(groups.map((g) => pids(g).filter((p) => cpuOf(p) === 0).length));
    }
    const now = groups.map(burnt);
    const d = now.map((x, i) => x - last[i]!);
    const sum = d.reduce((a, b) => a + b);
    lines.push(
      `${d.map((x) => ((100 * x) / sum).toFixed(1)).join(" ")} on cpu0: ${on0.map((c) => c.join("/")).join(" ")}`,
    );
    last = now;
  }
  const d = last.map((x, i) => x - b0[i]!);
  const sum = d.reduce((a, b) => a + b);
  console.log(
    `${name} TOTAL ${d.map((x) => ((100 * x) / sum).toFixed(2)).join(" ")}; sum of CPU / wall / 2 = ${(sum / 1000 / (performance.now() - w0) / 2).toFixed(3)}`,
  );
  for (const l of lines) console.log(`   ${l}`);
}
test("exp", async () => {
  console.log(read("/proc/loadavg"), readdirSync("/sys/fs/cgroup").length);
  for (let round = 0; round < 2; round++) {
    await withTree(
      () => {},
      async ({ groups }) => {
        await watch("tree free", groups, 20);
        for (const g of groups) pids(g).forEach((p, i) => setAffinity(Number(p), i % 2 ? "1" : "0"));
        await sleep(500);
        await watch("tree split", groups, 10);
      },
    );
    await withSiblings(
      () => {},
      async ({ groups }) => {
        write(`${groups[0]}/cpu.weight`, "1000");
        await sleep(500);
        await watch("1000 free", groups, 20);
        for (const g of groups) pids(g).forEach((p, i) => setAffinity(Number(p), i % 2 ? "1" : "0"));
        await sleep(500);
        await watch("1000 split", groups, 10);
      },
    );
  }
});
