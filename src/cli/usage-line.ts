import {
  AliasNotFoundError,
  ArgumentParseError,
  FlagNotFoundError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
} from "@stricli/core";
import { CorralError, nearNames, quote, suggestion } from "../report/index.ts";
import type { CommandDefinition } from "./commands.ts";
import type { FlagTable } from "./flag-definition.ts";

/** The letter of a bundle such as `-ax` that is no flag; the parser blames its first one. */
function unknownLetter(argv: readonly string[], flags: FlagTable): string | null {
  const known = Object.values(flags).map(({ short }) => short);
  for (const word of argv) {
    const bundle = /^-([a-z]+)$/i.exec(word)?.[1] ?? "";
    const unknown = Array.from(bundle).find((letter) => !known.includes(letter));
    if (unknown !== undefined) return unknown;
  }
  return null;
}

const flagName = (name: string): string => (/^[\w-]+$/.test(name) ? `--${name}` : quote(`--${name}`));

/** What is wrong with a command line, in our words, with the advice that most often helps; null: the parser's have to do. */
function complaint(thrown: unknown, argv: readonly string[], command: CommandDefinition | undefined): string | null {
  const table = command?.flags ?? {};
  if (thrown instanceof AliasNotFoundError)
    return `there is no flag -${unknownLetter(argv, table) ?? thrown.input}; see --help`;
  if (thrown instanceof FlagNotFoundError) {
    const near = nearNames(thrown.input, Object.keys(table)).map((name) => `--${name}`);
    return `there is no flag ${flagName(thrown.input)}${suggestion(near, "see --help")}`;
  }
  if (thrown instanceof UnexpectedFlagError)
    return `${flagName(thrown.externalFlagName)} was given more than once; give it one value`;
  if (thrown instanceof UnsatisfiedFlagError) {
    const { externalFlagName: name } = thrown;
    const wanted = table[name]?.value;
    return `${flagName(name)} needs a value; give it as ${flagName(name)} ${wanted ?? "VALUE"}`;
  }
  if (thrown instanceof UnexpectedPositionalError)
    return `corral ${command?.path.join(" ") ?? ""} takes no arguments, not ${quote(thrown.input)}; see --help`;
  // Only switches are read by the parser; the values of other flags are the commands' to judge.
  if (thrown instanceof ArgumentParseError)
    return `${flagName(thrown.externalFlagNameOrPlaceholder)} takes no value, not ${quote(thrown.input)}; see --help`;
  return null;
}

/** The parser's complaint as one line. */
export const usageLine = (thrown: unknown, argv: readonly string[], command: CommandDefinition | undefined): string =>
  `[corral] ${complaint(thrown, argv, command) ?? `${CorralError.from(thrown).message.split("\n", 1)[0] ?? ""}; see --help`}`;
