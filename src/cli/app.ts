import { exitStatus } from "../report/index.ts";
import type { Program } from "./commands.ts";
import { commands } from "./commands.ts";
import { endWith } from "./end.ts";
import { writeText } from "./output.ts";
import { readPlainly } from "./plain-command-line.ts";
import { separateCommand } from "./separate-command.ts";
import { expandShortFlags } from "./short-flags.ts";
import { spellCommand } from "./spell-command.ts";

/** The program as its own commands see it. */
const programFor = (words: readonly string[]): Program => ({
  words,
  propose: async (line) => (await import("./parser.ts")).proposeWords(line),
});

/** The arguments that belong to Corral: those before `--`. */
const ownArguments = (argv: readonly string[]): readonly string[] => {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
};

const beginsWith = (path: readonly string[], words: readonly string[]): boolean =>
  words.length > 0 && words.every((word, index) => path[index] === word);

/** Whether words are the begin of commands and no command themselves: `session`, `guard bench`. */
const isHalfACommand = (words: readonly string[]): boolean =>
  commands.some(({ path }) => path.length > words.length && beginsWith(path, words)) &&
  !commands.some(({ path }) => path.length === words.length && beginsWith(path, words));

/** Answers --help, --version and an empty command line; null when a command is to be run. */
async function answerHelp(argv: readonly string[]): Promise<number | null> {
  const own = ownArguments(argv);
  const wantsHelp = own.includes("--help") || own.includes("-h") || own[0] === "help";
  const wantsVersion = own[0] === "--version" || own[0] === "-v" || own[0] === "version";
  const isFamily = isHalfACommand(own);
  if (!wantsHelp && !wantsVersion && !isFamily && own.length > 0) return null;
  const { corralVersion } = await import("./version.ts");
  if (wantsVersion) {
    writeText(1, `${corralVersion()}\n`);
    return 0;
  }
  const { commandHelp, programHelp } = await import("./help.ts");
  const words = own.filter((word) => !word.startsWith("-") && word !== "help");
  const family = commands.filter(({ path }) => beginsWith(path, isHalfACommand(words) ? words : words.slice(0, 1)));
  const command = isHalfACommand(words)
    ? undefined
    : commands.find(({ path }) => path.every((word, index) => words[index] === word));
  const text =
    command === undefined
      ? programHelp(family.length > 0 ? family : commands, corralVersion())
      : commandHelp(command, own.includes("--all"));
  writeText(wantsHelp ? 1 : 2, text);
  return wantsHelp ? 0 : exitStatus.usage;
}

/** Runs one command line; the process ends with the status that came of it. */
export function runCli(argv: readonly string[]): Promise<void> {
  return endWith(async () => {
    const words = expandShortFlags(separateCommand(spellCommand(argv, commands), commands), commands);
    return (await answerHelp(words)) ?? (await dispatch(words));
  });
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const program = programFor(argv);
  const plain = readPlainly(argv, commands);
  if (plain === null) return (await import("./parser.ts")).parseAndRun(argv, program);
  const command = await plain.definition.load();
  return command(plain.flags, plain.args, program);
}
