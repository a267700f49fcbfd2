import type { Application, CommandContext } from "@stricli/core";
import {
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  proposeCompletions,
  run,
  text_en,
} from "@stricli/core";
import { CorralError, exitStatus } from "../report/index.ts";
import type { CommandDefinition, Program } from "./commands.ts";
import { commands } from "./commands.ts";
import type { FlagDefinition, FlagTable } from "./flag-definition.ts";
import { writeText } from "./output.ts";

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

/** The parser's complaint as one line, with the advice that most often helps. */
function usageLine(thrown: unknown): string {
  const line =
    thrown instanceof ArgumentScannerError
      ? formatMessageForArgumentScannerError(thrown, {})
      : CorralError.from(thrown).message;
  const first = line.split("\n", 1)[0] ?? "";
  const twice = /^Too many arguments for (--[a-z-]+)/.exec(first)?.[1];
  if (twice !== undefined) return `[corral] ${twice} was given more than once; give it one value`;
  return `[corral] ${first}; see --help`;
}

/** The whole program as a value. */
function buildCorral(definitions: readonly CommandDefinition[]): Application<CorralContext> {
  return buildApplication(
    buildRouteMap({ routes: toRoutes(definitions) as never, docs: { brief: "control workloads on Linux" } }),
    {
      name: "corral",
      scanner: { caseStyle: "original", allowArgumentEscapeSequence: true },
      localization: {
        text: {
          ...text_en,
          exceptionWhileParsingArguments: usageLine,
          noCommandRegisteredForInput: ({ input, corrections }) =>
            `[corral] there is no command ${JSON.stringify(input)}${corrections.length > 0 ? `; did you mean ${corrections.join(" or ")}?` : "; see corral --help"}`,
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

/** What may follow these words on a command line. */
export async function proposeWords(words: readonly string[]): Promise<readonly string[]> {
  const proposals = await proposeCompletions(buildCorral(commands), words, { process: processFacade } as never);
  return proposals.map(({ completion }) => completion);
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
  await run(buildCorral(definitions), argv, { process: { ...processFacade }, ending, program });
  if (ending.thrown !== null) throw CorralError.from(ending.thrown);
  // The parser has said what is wrong, and no command was called.
  return ending.status ?? exitStatus.usage;
}
