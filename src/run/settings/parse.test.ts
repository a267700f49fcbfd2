import { expect, test } from "vitest";
import { limitNames } from "../../cgroup/index.ts";
import { noAttributes } from "../spec.ts";
import type { RawSettings, SettingProblem, SettingsSource } from "./index.ts";
import { overlaySettings, parseSettings, presets, refusing, settingKinds } from "./index.ts";

/** A file with problems to be told all at once. */
function collect(raw: RawSettings) {
  const problems: SettingProblem[] = [];
  const source: SettingsSource = { name: (setting) => `limits.${setting}`, refuse: (one) => void problems.push(one) };
  return { settings: parseSettings(raw, source), problems };
}

test("every problem is told, by the name its source has for a setting, and the rest is read", () => {
  const { settings, problems } = collect({ "cpu-weight": "0", nice: "20", "io-max": ["x"], "pids-max": "5" });
  expect(problems.map(({ setting, message }) => [setting, message])).toEqual([
    ["cpu-weight", 'limits.cpu-weight expects a whole number from 1 to 10000, not "0"'],
    [
      "io-max",
      'limits.io-max names no disk: "x"; use MAJ:MIN, a name such as sda, a path on the disk, or tmpdir, the disk of temporary files',
    ],
    ["nice", 'limits.nice expects a whole number from -20 to 19, not "20"'],
  ]);
  expect(settings).toEqual({ limits: { ioMax: [], pidsMax: 5 }, attributes: noAttributes });
});

test("a problem has the setting as its object, the text that was found, and what to do", () => {
  const [wrong, together] = [collect({ nice: "x" }), collect({ "cpu-burst": "1ms" })].map(
    ({ problems }) => problems[0],
  );
  expect([wrong?.details.object, wrong?.details.found]).toEqual(["limits.nice", "x"]);
  expect(together).toEqual({
    setting: "cpu-burst",
    message: "limits.cpu-burst needs a quota",
    details: { object: "limits.cpu-burst", fix: "add limits.cpu-quota" },
  });
});

test("what was refused is not also reported as missing beside another setting", () => {
  expect(collect({ "cpu-burst": "1ms", "cpu-quota": "0" }).problems.map(({ setting }) => setting)).toEqual([
    "cpu-quota",
  ]);
});

test("a source may throw the first problem", () => {
  const source = refusing("START_FAILED", (setting) => `<${setting}>`);
  expect(() => parseSettings({ "cpu-quota": "1", "cpu-max": "max" }, source)).toThrow(
    expect.objectContaining({
      code: "START_FAILED",
      message: "<cpu-quota> and <cpu-max> set the same thing",
      object: "<cpu-max>",
      fix: "give one of them",
    }),
  );
});

test("a switch that is off contradicts nothing and is kept", () => {
  const { settings, problems } = collect({ "cpu-idle": false, "cpu-weight": "5", "oom-group": false });
  expect([settings.limits, problems]).toEqual([{ cpuIdle: false, cpuWeight: 5, oomGroup: false }, []]);
});

/** [below, above, both] */
test.each<[RawSettings, RawSettings, RawSettings]>([
  [{ nice: "5" }, {}, { nice: "5" }],
  [{ nice: "5" }, { nice: "6" }, { nice: "6" }],
  [{ nice: "5" }, { "pids-max": "6" }, { nice: "5", "pids-max": "6" }],
  [{ "cpu-quota": "5" }, { "cpu-max": "max" }, { "cpu-max": "max" }],
  [{ "cpu-max": "max" }, { "cpu-quota": "5" }, { "cpu-quota": "5" }],
  [{ "memory-max": "4096" }, { "memory-limit": "5" }, { "memory-limit": "5" }],
  [{ "io-weight": "5" }, { "io-weight-raw": "6" }, { "io-weight-raw": "6" }],
  [{ "cpu-weight": "5" }, { "cpu-idle": true }, { "cpu-idle": true }],
  [{ "cpu-weight": "5" }, { "cpu-idle": false }, { "cpu-weight": "5", "cpu-idle": false }],
  [{ "cpu-idle": true }, { "cpu-idle": false }, { "cpu-idle": false }],
  [{ rlimit: ["core=0"] }, { rlimit: ["nofile=5"] }, { rlimit: ["nofile=5"] }],
])("%j below %j is %j", (below, above, both) => {
  expect(overlaySettings(below, above)).toEqual(both);
});

test("no preset contradicts itself", () => {
  for (const preset of Object.values(presets)) expect(collect(preset).problems).toEqual([]);
});

test("every name a limit has for its user is a setting", () => {
  expect(Object.values(limitNames).filter((name) => !Object.hasOwn(settingKinds, name))).toEqual([]);
});
