import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { countRunning, lookAtHost, readSchedDebug } from "./host-monitor.ts";

const root = mkdtempSync(join(tmpdir(), "corral-monitor-"));
afterAll(() => rmSync(root, { recursive: true }));

const debug = `Sched Debug Version: v0.11, 6.12.48
ktime                                   : 1000.500000

cpu#0
  .nr_running                    : 3
  .nr_switches                   : 123
  .clock                         : 1234.567890
  .clock_task                    : 1200.000000

cfs_rq[0]:/
  .nr_running                    : 9

cpu#11, 2000.000 MHz
  .nr_running                    : 0
  .clock                         : 1234.000001
`;

/** Field 3 is the state, field 20 the number of threads, field 39 the CPU. */
const stat = (state: string, cpu: number, threads = 1): string => {
  const fields = Array.from({ length: 37 }, () => "0");
  Object.assign(fields, { 0: state, 17: String(threads), 36: String(cpu) });
  return `1 (a ) b) ${fields.join(" ")} 0 0`;
};

/** A /proc with these threads. */
function makeProc(name: string, tasks: Readonly<Record<string, string>>): string {
  const proc = join(root, name);
  for (const [path, text] of Object.entries(tasks)) {
    mkdirSync(join(proc, path), { recursive: true });
    writeFileSync(join(proc, path, "stat"), text);
  }
  writeFileSync(join(proc, "stat"), "cpu  1 2 3\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 1 2 3 4 5 6 7 9 0 0\nintr 5\n");
  return proc;
}

describe("run queues", () => {
  test("the kernel's own account of a CPU comes before those of groups on it", () => {
    expect([...readSchedDebug(debug)]).toEqual([
      [0, { nrRunning: 3, rqClockNs: 1_234_567_890 }],
      [11, { nrRunning: 0, rqClockNs: 1_234_000_001 }],
    ]);
  });

  test("without it threads that run are counted where they are, and ours are not", () => {
    const proc = makeProc("counted", {
      5: stat("R", 1, 3),
      "5/task/5": stat("R", 1, 3),
      "5/task/6": stat("R", 1, 3),
      "5/task/7": stat("S", 1, 3),
      8: stat("R", 0),
      9: stat("R", 0),
    });
    expect(countRunning(proc, 9)).toEqual(
      new Map([
        [0, 1],
        [1, 2],
      ]),
    );
  });

  test("a look tells what each file tells, and nothing where there is none", () => {
    const proc = makeProc("looked", { 5: stat("R", 1), "thread-self": stat("R", 0) });
    const schedDebug = join(root, "debug");
    const schedExtEvents = join(root, "events");
    writeFileSync(schedDebug, debug);
    writeFileSync(schedExtEvents, "SCX_EV_SELECT_CPU_FALLBACK 7\nSCX_EV_DISPATCH_KEEP_LAST 5\n");
    const rest = { localDsqDepth: null };
    // Of the three on CPU 0 one is who looks.
    expect(lookAtHost({ proc, schedDebug, schedExtEvents }, 1)).toEqual({
      cpus: [
        { cpu: 0, nrRunning: 2, rqClockNs: 1_234_567_890, stolenMs: 80, ...rest },
        { cpu: 1, nrRunning: 0, rqClockNs: null, stolenMs: 90, ...rest },
      ],
      selectCpuFallbacks: 7,
      dispatchKeepLasts: 5,
    });
    const absent = join(root, "absent");
    expect(lookAtHost({ proc, schedDebug: absent, schedExtEvents: absent }, 1)).toEqual({
      cpus: [
        { cpu: 0, nrRunning: 0, rqClockNs: null, stolenMs: 80, ...rest },
        { cpu: 1, nrRunning: 1, rqClockNs: null, stolenMs: 90, ...rest },
      ],
      selectCpuFallbacks: null,
      dispatchKeepLasts: null,
    });
  });
});
