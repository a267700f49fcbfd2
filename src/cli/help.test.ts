import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { commandHelp, programHelp } from "./help.ts";

const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

test.each(commands.map((command) => [command.path.join(" "), command] as const))(
  "the help of corral %s fits one screen of 40 lines and 100 columns",
  (_, command) => {
    const lines = linesOf(commandHelp(command, false));
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  },
);

test.each(commands.map((command) => [command.path.join(" "), command] as const))(
  "the full help of corral %s lists every flag once, within 100 columns",
  (_, command) => {
    const lines = linesOf(commandHelp(command, true));
    const listed = lines.flatMap((line) => /^ {2}--([a-z-]+)/.exec(line)?.[1] ?? []);
    expect(listed.sort()).toEqual(Object.keys(command.flags).sort());
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  },
);

test("help that leaves flags out says how to see them all", () => {
  const hints = commands.map((command) => [
    command.path.join(" "),
    commandHelp(command, false).includes("--help --all"),
  ]);
  const hiding = commands.map((command) => [
    command.path.join(" "),
    Object.values(command.flags).some((flag) => flag.common !== true),
  ]);
  expect(hints).toEqual(hiding);
});

test("the program's help has one line per command", () => {
  const lines = linesOf(programHelp(commands, "1.2.3"));
  expect(lines[0]).toBe("corral 1.2.3: control workloads on Linux");
  const listed = lines.filter((line) => line.startsWith("  corral "));
  expect(listed.map((line) => line.split(/\s{2,}/)[2])).toEqual(commands.map(({ brief }) => brief));
});
