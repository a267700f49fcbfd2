import { expect, test } from "vitest";
import { spellCommand } from "./spell-command.ts";

const commands = [{ path: ["workload", "anon-streamer"] }, { path: ["run"] }];

test("a command may be spelled with underscores, and only the command", () => {
  expect(spellCommand(["workload", "anon_streamer", "--a_b", "c_d"], commands)).toEqual([
    "workload",
    "anon-streamer",
    "--a_b",
    "c_d",
  ]);
  expect(spellCommand(["run", "my_program"], commands)).toEqual(["run", "my_program"]);
  expect(spellCommand(["work_load"], commands)).toEqual(["work_load"]);
});
