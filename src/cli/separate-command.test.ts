import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { separateCommand } from "./separate-command.ts";

test.each([
  ["run echo --json hi", "run -- echo --json hi"],
  ["run --cpu-quota 50 sleep 1 --timeout 2", "run --cpu-quota 50 -- sleep 1 --timeout 2"],
  ["run --cpu-quota=50 --quiet ls --help", "run --cpu-quota=50 --quiet -- ls --help"],
  ["run --nice -5 make", "run --nice -5 -- make"],
  ["run --json -- echo hi", "run --json -- echo hi"],
  ["run --frob echo", "run --frob -- echo"],
  ["run --help", "run --help"],
  ["vm run --cpus 4 uname -r", "vm run --cpus 4 -- uname -r"],
  ["doctor --json", "doctor --json"],
  ["completion bash", "completion bash"],
])("%s is read as %s", (given, read) => {
  expect(separateCommand(given.split(" "), commands).join(" ")).toBe(read);
});
