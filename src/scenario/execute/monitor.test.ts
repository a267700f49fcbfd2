import { expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { group, plan } from "../../../test/shared/scenario/plans.ts";
import { drive } from "./drive.ts";
import { monitorPeriodMs } from "./monitor.ts";
import type { MonitorLook } from "./ports.ts";

const look: MonitorLook = {
  cpus: [{ cpu: 0, nrRunning: 3, rqClockNs: 5, localDsqDepth: null, stolenMs: null }],
  selectCpuFallbacks: null,
  dispatchKeepLasts: null,
};

test("the host is looked at every 100 ms when that is wanted, and else not at all", async () => {
  for (const monitor of [true, false]) {
    const machine = new MachineDouble();
    machine.look = look;
    const scenario = plan([{ setup: [group("a")], holdMs: 1000 }]);
    const book = await machine.clock.run(drive(scenario, machine.ports, { monitor }));
    expect(book.monitor.length).toBe(monitor ? 10 : 0);
    expect(book.monitor.map(({ atMs }) => atMs)).toEqual(book.monitor.map((_, at) => (at + 1) * monitorPeriodMs));
    expect(book.monitor.every(({ cpus }) => cpus === look.cpus)).toBe(true);
  }
});

test("looks that cost more than a twentieth of a CPU come more seldom, and a note says so", async () => {
  const machine = new MachineDouble();
  const ports = { ...machine.ports, monitor: () => ({ look, cpuMs: 25 }) };
  const scenario = plan([{ setup: [group("a")], holdMs: 2000 }]);
  const book = await machine.clock.run(drive(scenario, ports, { monitor: true }));
  expect(book.monitor.map(({ atMs }) => atMs)).toEqual([100, 600, 1100, 1600]);
  expect(book.notes).toEqual(["the monitor looks less often than every 100 ms, because a look costs much here"]);
});
