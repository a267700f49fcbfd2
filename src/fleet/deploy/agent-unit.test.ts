import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { agentUnit } from "./agent-unit.ts";

const packaged = readFileSync(new URL("../../../systemd/corral-agent.service", import.meta.url), "utf8");

test("the unit of a deployed agent is that of the package, but for what it runs", () => {
  const { text, path } = agentUnit(packaged, { directory: '/srv/a "b"%$c' }, "system");
  const before = packaged.split("\n").filter((line) => !line.startsWith("#"));
  const after = text.split("\n").slice(1);
  expect(path).toBe("/etc/systemd/system/corral-fleet-agent.service");
  expect(after.filter((line) => !before.includes(line))).toEqual([
    'ConditionPathExists=/srv/a "b"%%$c/agent/run',
    'ExecStart=/bin/sh "/srv/a \\"b\\"%%$$c/agent/run"',
  ]);
  expect(before.filter((line) => !after.includes(line))).toEqual(
    before.filter((line) => line.startsWith("ExecStart=")),
  );
});

test("that of a user has nothing that only root's manager can do", () => {
  const { text, path } = agentUnit(packaged, { directory: "/home/u/c" }, "user");
  expect(path).toBe(".config/systemd/user/corral-fleet-agent.service");
  expect(text).toContain("\nWantedBy=default.target\n");
  expect(text).toContain("\nDelegate=yes\n");
  expect(text).not.toMatch(/^(After|OOMScoreAdjust|Protect\w+|StateDirectory\w*|Wants)=/m);
});
