import { describe, expect, test } from "vitest";
import type { TestWorld } from "../../../test/shared/scenario/cases.ts";
import { scenarioCases } from "../../../test/shared/scenario/cases.ts";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { drive } from "./drive.ts";
import type { RunEvent } from "./events.ts";

/** Each case in virtual time, against groups that obey the kernel's rules. */
function worldOf(machine: MachineDouble): TestWorld {
  machine.lives = { lasting: { ms: null }, three: { ms: 20, code: 3 } };
  return {
    run: async (scenario, options = {}) => {
      const events: RunEvent[] = [];
      const { ports } = machine;
      const book = await machine.clock.run(drive(scenario, ports, { onEvent: (one) => events.push(one), ...options }));
      const { phases, ops, groups, works, payloads, ended, stalled, failures, warnings } = book;
      return {
        ...{ phases, ops, groups, payloads, ended, stalled, failures, warnings, events },
        works: works.toSorted((a, b) => a.id - b.id),
      };
    },
    lasting: ["lasting"],
    ending: () => ["three"],
    scaled: (ms) => ms,
    abortAfter: (ms) => {
      const over = new AbortController();
      machine.clock.after(ms, () => over.abort());
      return over.signal;
    },
  };
}

describe("against the double", () => {
  for (const { name, check } of scenarioCases) {
    test(name, async () => {
      const machine = new MachineDouble("0-1");
      await check(worldOf(machine));
      expect({ alive: machine.alive, groups: machine.groups.names }).toEqual({ alive: [], groups: [] });
    });
  }
});
