import { expect, test } from "vitest";
import { policyRunCommand } from "./policy-run-command.ts";

test.each([
  ["csv", "jsonl"],
  ["csv", "record"],
  ["jsonl", "record"],
])("--%s and --%s are two files, however they are written", async (one, other) => {
  await expect(policyRunCommand({ [one]: "there", [other]: "./there" })).rejects.toMatchObject({
    code: "USAGE",
    message: `--${one} and --${other} name the same file`,
  });
});
