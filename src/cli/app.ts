import type { Application, CommandContext } from "@stricli/core";
import {
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  run,
  text_en,
} from "@stricli/core";
import { CorralError, exitStatus } from "../report/index.ts";
import type { CommandDefinition, Program } from "./commands.ts";
import { commands } from "./commands.ts";
import type { FlagDefinition, FlagTable } from "./flag-definition.ts";
import { say, writeText } from "./output.ts";

/** A flag definition as the argument parser wants it; values stay texts, which the command judges. */
function toParameter(flag: FlagDefinition): object {
  const { brief } = flag;
  if (flag.value === undefined) return { kind: "boolean", brief, optional: true, withNegated: false };
  const parsed = { kind: "parsed", brief, placeholder: flag.value, parse: String, optional: true };
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
}

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
          this.ending.status = await command(flags, args, program);
        } catch (thrown) {
          this.ending.thrown = thrown;
        }
      };
    },
    parameters: {
      flags: toParameters(definition.flags) as never,
      positional: {
        kind: "array",
        parameter: { brief: definition.args ?? "none", parse: String, placeholder: definition.args ?? "nothing" },
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
  return `[corral] ${line.split("\n", 1)[0]}; write the workload's own arguments after --, and see --help`;
}

/** The whole program as a value. */
export function buildCorral(): Application<CorralContext> {
  return buildApplication(
    buildRouteMap({ routes: toRoutes(commands) as never, docs: { brief: "control workloads on Linux" } }),
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

/** The program as its own commands see it. */
const program: Program = {
  propose: async (words) => {
    const { proposeCompletions } = await import("@stricli/core");
    const proposals = await proposeCompletions(buildCorral(), words, { process: processFacade } as never);
    return proposals.map(({ completion }) => completion);
  },
};

/** A process as the parser wants it, without waking Node's streams. */
const processFacade = {
  stdout: { write: (text: string): void => writeText(1, text) },
  stderr: { write: (text: string): void => writeText(2, text) },
  env: process.env,
  exitCode: 0,
};

/** The arguments that belong to Corral: those before `--`. */
const ownArguments = (argv: readonly string[]): readonly string[] => {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
};

/** Answers --help, --version and an empty command line; null when a command is to be run. */
async function answerHelp(argv: readonly string[]): Promise<number | null> {
  const own = ownArguments(argv);
  const wantsHelp = own.includes("--help") || own.includes("-h") || own[0] === "help";
  const wantsVersion = own[0] === "--version" || own[0] === "-v" || own[0] === "version";
  if (!wantsHelp && !wantsVersion && own.length > 0) return null;
  const { corralVersion } = await import("./version.ts");
  if (wantsVersion) {
    writeText(1, `${corralVersion()}\n`);
    return 0;
  }
  const { commandHelp, programHelp } = await import("./help.ts");
  const words = own.filter((word) => !word.startsWith("-") && word !== "help");
  const command = commands.find(({ path }) => path.every((word, index) => words[index] === word));
  const text =
    command === undefined ? programHelp(commands, corralVersion()) : commandHelp(command, own.includes("--all"));
  writeText(own.length === 0 ? 2 : 1, text);
  return own.length === 0 ? exitStatus.usage : 0;
}

/** Runs one command line; the process ends with the status that came of it. */
export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    const answered = await answerHelp(argv);
    process.exit(answered ?? (await dispatch(argv)));
  } catch (thrown) {
    const error = CorralError.from(thrown);
    say(error.toLine());
    if (process.env["CORRAL_DEBUG"] !== undefined && error.cause instanceof Error) say(String(error.cause.stack));
    process.exit(error.exitStatus);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const ending: Ending = { status: null, thrown: null };
  await run(buildCorral(), argv, { process: { ...processFacade }, ending });
  if (ending.thrown !== null) throw CorralError.from(ending.thrown);
  // The parser has said what is wrong, and no command was called.
  return ending.status ?? exitStatus.usage;
}
