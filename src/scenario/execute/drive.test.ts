import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { backdropOf, empty, group, payload, plan, runOf } from "../../../test/shared/scenario/plans.ts";
import type { ResolvedScenario } from "../resolve/index.ts";
import type { DriveOptions } from "./drive.ts";
import { drive } from "./drive.ts";
import type { RunEvent } from "./events.ts";

async function run(machine: MachineDouble, scenario: ResolvedScenario, options: DriveOptions = {}) {
  const events: RunEvent[] = [];
  const book = await machine.clock.run(
    drive(scenario, machine.ports, { onEvent: (one) => events.push(one), ...options }),
  );
  return { book, events };
}

describe("a step", () => {
  test("makes groups in order, and takes them down in reverse", async () => {
    const machine = new MachineDouble();
    const { book } = await run(machine, plan([{ setup: [group("a"), group("b")] }]));
    expect(machine.log).toEqual([
      "open ",
      "mkdir a",
      "start SpinWait 100",
      "join a 100",
      "release 100",
      "mkdir b",
      "start SpinWait 101",
      "join b 101",
      "release 101",
      "stop 100",
      "stop 101",
      "rmdir b",
      "rmdir a",
      "close",
    ]);
    expect(book.failures).toEqual([]);
    expect(book.works.map(({ id, cgroup, step, reports }) => [id, cgroup, step, reports[0]?.completed])).toEqual([
      [0, "a", 0, true],
      [1, "b", 0, true],
    ]);
    expect(machine.alive).toEqual([]);
  });
});
void [backdropOf, empty, payload, runOf];
