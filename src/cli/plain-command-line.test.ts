import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CommandDefinition } from "./commands.ts";
import { commands } from "./commands.ts";
import { parseAndRun } from "./parser.ts";
import { readPlainly } from "./plain-command-line.ts";

const program = { words: [], propose: async () => [] };

/** What the parser hands to which command for a command line. */
async function parsed(
  argv: readonly string[],
): Promise<{ path: string; flags: object; args: readonly string[] } | null> {
  let found: { path: string; flags: object; args: readonly string[] } | null = null;
  const recording = commands.map((definition: CommandDefinition) => ({
    ...definition,
    load: async () => async (flags: Readonly<Record<string, unknown>>, args: readonly string[]) => {
      found = { path: definition.path.join(" "), flags: { ...flags }, args };
      return 0;
    },
  }));
  await parseAndRun(argv, program, recording);
  return found;
}

function plain(argv: readonly string[]): { path: string; flags: object; args: readonly string[] } | null {
  const read = readPlainly(argv, commands);
  return read === null ? null : { path: read.definition.path.join(" "), flags: read.flags, args: read.args };
}

test("the everyday command line is read plainly", () => {
  const argv = ["run", "--cpu-quota", "50", "--tag", "a=1", "--tag", "b=2", "--quiet", "--", "make", "--", "-j4"];
  expect(plain(argv)).toEqual({
    path: "run",
    flags: { "cpu-quota": "50", tag: ["a=1", "b=2"], quiet: true },
    args: ["make", "--", "-j4"],
  });
});

test("what the parser may have to explain is left to it", () => {
  for (const argv of [
    [],
    ["run"],
    ["run", "make"],
    ["rum", "--", "make"],
    ["vm", "--", "make"],
    ["doctor", "--", "make"],
    ["run", "make", "--", "-j4"],
    ["run", "--no-such-flag", "--", "make"],
    ["run", "--quite", "--", "make"],
    ["run", "--cpu-quota", "--", "make"],
    ["run", "--cpu-quota", "--quiet", "--", "make"],
    ["run", "--cpu-quota=50", "--", "make"],
    ["run", "--cpu-quota", "50", "--cpu-quota", "60", "--", "make"],
    ["run", "--quiet", "--quiet", "--", "make"],
    ["run", "--nice", "-5", "--", "make"],
    ["run", "--constructor", "x", "--", "make"],
  ])
    expect(plain(argv), argv.join(" ")).toBeNull();
});

test("whatever is read plainly, the parser reads the same", async () => {
  const names = commands.flatMap(({ flags }) => Object.keys(flags).map((name) => `--${name}`));
  const word = fc.oneof(
    fc.constantFrom(...names),
    fc.constantFrom("50", "", "a=1", "true", "false", "--", "run", "vm"),
    fc.string({ maxLength: 6 }),
  );
  const pathOf = (wanted: (command: CommandDefinition) => boolean) =>
    fc.constantFrom(...commands.filter(wanted).map(({ path }) => path));
  const line = fc.record({
    // A command without arguments is never read plainly, however many of them there are.
    path: fc.oneof(
      pathOf(({ args }) => args !== null),
      pathOf(() => true),
    ),
    own: fc.array(word, { maxLength: 6 }),
    rest: fc.array(word, { maxLength: 3 }),
  });
  const tables = new Map(commands.map(({ path, flags }) => [path, flags]));
  const likely = line.chain(({ path, own, rest }) => {
    const table = tables.get(path) ?? {};
    const flag = fc
      .constantFrom(...Object.keys(table), "quiet")
      .chain((name) => fc.constant(table[name]?.value === undefined ? [`--${name}`] : [`--${name}`, "value"]));
    return fc
      .array(flag, { maxLength: 4 })
      .map((flags) => [...path, ...flags.flat(), ...(own.length > 4 ? own : []), "--", ...rest]);
  });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(likely, async (argv) => {
      const found = plain(argv);
      if (found === null) return;
      read += 1;
      expect(await parsed(argv)).toEqual(found);
    }),
    { numRuns: 800 },
  );
  expect(read).toBeGreaterThan(100);
});
