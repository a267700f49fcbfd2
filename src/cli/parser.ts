import type { Application, CommandContext } from "@stricli/core";
import { buildApplication, buildCommand, buildRouteMap, proposeCompletions, run, text_en } from "@stricli/core";
import { CorralError, exitStatus, nearNames, quote, suggestion } from "../report/index.ts";
import type { CommandDefinition, Program } from "./commands.ts";
import { commands } from "./commands.ts";
import type { FlagDefinition, FlagTable } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import { proposePrograms } from "./propose-host-names.ts";
import { separateCommand } from "./separate-command.ts";
import { usageLine } from "./usage-line.ts";

/** A flag definition as the argument parser wants it; values stay texts, which the command judges. */
function toParameter(flag: FlagDefinition): object {
  const { brief } = flag;
  if (flag.value === undefined) return { kind: "boolean", brief, optional: true, withNegated: false };
  const choices = flag.choices ?? [];
  const proposeCompletions =
    flag.propose ?? ((partial: string): readonly string[] => choices.filter((one) => one.startsWith(partial)));
  const parsed = { kind: "parsed", brief, placeholder: flag.value, parse: String, optional: true, proposeCompletions };
  return flag.repeat === true ? { ...parsed, variadic: true } : parsed;
}

const toParameters = (flags: FlagTable): Record<string, object> =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, toParameter(flag)]));

/** What a command leaves behind for the end of the program: its status, or what it threw. */
interface Ending {
  status: number | null;
  thrown: unknown;
}

interface CorralContext extends CommandContext {
  readonly ending: Ending;
  readonly program: Program;
}

/** Only the flags that were given: the parser hands over every other one as undefined. */
const given = (flags: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));

function toCommand(definition: CommandDefinition): unknown {
  return buildCommand({
    loader: async () => {
      const command = await definition.load();
      return async function (
        this: CorralContext,
        flags: Readonly<Record<string, unknown>>,
        ...args: string[]
      ): Promise<void> {
        try {
          this.ending.status = await command(given(flags), args, this.program);
        } catch (thrown) {
          this.ending.thrown = thrown;
        }
      };
    },
    parameters: {
      flags: toParameters(definition.flags) as never,
      positional: {
        kind: "array",
        parameter: {
          brief: definition.args ?? "none",
          parse: String,
          placeholder: definition.args ?? "nothing",
          ...(definition.proposeArgs === undefined ? {} : { proposeCompletions: definition.proposeArgs }),
        },
        ...(definition.args === null ? { maximum: 0 } : {}),
      } as never,
    },
    docs: { brief: definition.brief },
  } as never);
}

/** Nests the commands by their paths: `vm run` becomes a route map `vm` with a command `run`. */
function toRoutes(definitions: readonly CommandDefinition[], depth = 0): Record<string, unknown> {
  const routes: Record<string, unknown> = {};
  for (const definition of definitions) {
    const name = definition.path[depth] ?? "";
    if (definition.path.length === depth + 1) routes[name] = toCommand(definition);
    else {
      const inside = definitions.filter((one) => one.path[depth] === name);
      routes[name] ??= buildRouteMap({
        routes: toRoutes(inside, depth + 1) as never,
        docs: { brief: `corral ${name} …` },
      });
    }
  }
  return routes;
}

/** The command that a command line names; undefined for none. */
const definitionOf = (
  words: readonly string[],
  definitions: readonly CommandDefinition[],
): CommandDefinition | undefined => definitions.find(({ path }) => path.every((word, index) => words[index] === word));

/** A command may be the begin of another (`guard` of `guard bench isolation`): the words say which of the two there is. */
function withoutRivals(
  definitions: readonly CommandDefinition[],
  words: readonly string[],
): readonly CommandDefinition[] {
  const chosen = definitionOf(words, definitions);
  const isWithin = (inner: CommandDefinition, outer: CommandDefinition): boolean =>
    inner !== outer && outer.path.every((word, index) => inner.path[index] === word);
  return definitions.filter((one) =>
    definitions.every(
      (other) => !(isWithin(other, one) && chosen === other) && !(isWithin(one, other) && chosen !== one),
    ),
  );
}

/** The whole program as a value. @param argv the command line that it will read */
function buildCorral(all: readonly CommandDefinition[], argv: readonly string[]): Application<CorralContext> {
  const definitions = withoutRivals(all, argv);
  const command = definitionOf(argv, definitions);
  const [family = ""] = argv;
  const inside = definitions.filter(({ path }) => path.length > 1 && path[0] === family);
  const names = [
    ...new Set((inside.length > 0 ? inside : definitions).map(({ path }) => path[inside.length > 0 ? 1 : 0] ?? "")),
  ];
  const place = inside.length > 0 ? `corral ${family} --help` : "corral --help";
  return buildApplication(
    buildRouteMap({ routes: toRoutes(definitions) as never, docs: { brief: "control workloads on Linux" } }),
    {
      name: "corral",
      scanner: { caseStyle: "original", allowArgumentEscapeSequence: true },
      localization: {
        text: {
          ...text_en,
          exceptionWhileParsingArguments: (thrown) => usageLine(thrown, argv, command),
          noCommandRegisteredForInput: ({ input }) =>
            `[corral] there is no command ${quote(input)}${suggestion(nearNames(input, names), `see ${place}`)}`,
        },
      },
    },
  );
}

/** A process as the parser wants it, without waking Node's streams. */
const processFacade = {
  stdout: { write: (text: string): void => writeText(1, text) },
  stderr: { write: (text: string): void => writeText(2, text) },
  env: process.env,
  exitCode: 0,
};

/** What may follow these words on a command line; nothing where a file name may, which the shell proposes. */
export async function proposeWords(words: readonly string[]): Promise<readonly string[]> {
  const partial = words.at(-1) ?? "";
  const separate = partial === "" ? words : separateCommand(words, commands);
  const end = definitionOf(words, commands)?.args === "command" ? separate.indexOf("--") : -1;
  if (end !== -1 && end < separate.length - 1) return end === separate.length - 2 ? proposePrograms(partial) : [];
  const proposals = await proposeCompletions(buildCorral(commands, words), words, { process: processFacade } as never);
  return proposals.map(({ completion }) => completion).filter((word) => word !== "--");
}

/**
 * Reads a command line and runs its command, or says what is wrong with it.
 * @returns the exit status
 */
export async function parseAndRun(
  argv: readonly string[],
  program: Program,
  definitions: readonly CommandDefinition[] = commands,
): Promise<number> {
  const ending: Ending = { status: null, thrown: null };
  await run(buildCorral(definitions, argv), argv, { process: { ...processFacade }, ending, program });
  if (ending.thrown !== null) throw CorralError.from(ending.thrown);
  // The parser has said what is wrong, and no command was called.
  return ending.status ?? exitStatus.usage;
}
