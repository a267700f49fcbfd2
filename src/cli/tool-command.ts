import { isatty } from "node:tty";
import type { ToolRequest, ToolResult } from "../guard/client/index.ts";
import { GuardClient } from "../guard/client/index.ts";
import { runTool } from "../guard/tools/index.ts";
import type { ChildHandle } from "../kernel/index.ts";
import { signalNumber } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { say, writeText } from "./output.ts";
import { checkReportPath, writeReportFile } from "./report-file.ts";
import { environmentOfTools } from "./tool-environment.ts";
import type { toolRunFlags } from "./tool-flags.ts";
import { repeatableStdin } from "./tool-stdin.ts";

/** A terminal sends these to the tool as well; from elsewhere they reach this process alone. */
const terminalSignals: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
const passedOn = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** The signals that came, on their way to the tool. */
interface PassedSignals {
  /** Passes them on to this child from now on, first those that came before there was one. */
  readonly to: (child: ChildHandle) => void;
  /** Keeps those that come for the next child. Whether none has come so far. */
  readonly hold: () => boolean;
}

function passSignals(): PassedSignals {
  let child: ChildHandle | null = null;
  let came = false;
  const early: NodeJS.Signals[] = [];
  const pass = (signal: NodeJS.Signals): void => {
    const fromTerminal = terminalSignals.includes(signal) && isatty(0);
    came = true;
    if (child === null) early.push(signal);
    else if (!fromTerminal) child.kill(signalNumber(signal) ?? 15);
  };
  for (const signal of passedOn) process.on(signal, () => pass(signal));
  return {
    to: (started) => {
      child = started;
      for (const signal of early.splice(0)) child.kill(signalNumber(signal) ?? 15);
    },
    hold: () => {
      child = null;
      return !came;
    },
  };
}

const toRetry = (text: string): number => {
  if (/^[0-2]$/.test(text)) return Number(text);
  throw new RangeError(`expects 0, 1 or 2, not ${JSON.stringify(text)}`);
};

function requestOf(flags: RawFlags<typeof toolRunFlags>, command: readonly string[]): ToolRequest {
  const hint = flags.hint ?? process.env["AGENT_RESOURCE_HINT"];
  const session = flags.session ?? (process.env["CORRAL_SESSION"] || undefined);
  return {
    ...(session === undefined ? {} : { session }),
    ...(hint === undefined ? {} : { hint: hint.slice(0, 1024) }),
    ...(flags.retry === undefined ? {} : { retry: flagValue("retry", flags.retry, toRetry) }),
    ...(flags.idempotent === true ? { idempotent: true } : {}),
    command: command.join(" ").slice(0, 1024),
  };
}

/**
 * `corral tool run`: runs a command as a tool call of a session, and exits as it does.
 * @returns the command's own status; 128+n when signal n ended it
 * @throws CorralError USAGE, GUARD_UNREACHABLE, SESSION_NOT_FOUND, SESSION_BUSY, and as runTool does
 */
export async function toolRunCommand(
  flags: RawFlags<typeof toolRunFlags>,
  command: readonly string[],
): Promise<number> {
  if (command.length === 0 || command[0] === "")
    throw new CorralError("USAGE", "no command was given", {
      fix: "write it after --, as in: corral tool run -- pytest",
    });
  const request = requestOf(flags, command);
  if (flags.report !== undefined) checkReportPath(flags.report);
  const signals = passSignals();
  const client = new GuardClient(flags.socket === undefined ? {} : { socket: flags.socket });
  const openStdin = (request.retry ?? 0) > 0 ? repeatableStdin() : null;
  const { exit, result } = await runTool(client, {
    request,
    command,
    env: environmentOfTools(),
    fds: [0, 1, 2],
    nextFds: () => {
      const stdin = openStdin?.() ?? null;
      return stdin === null ? null : [stdin, 1, 2];
    },
    onNotice: (line) => writeText(2, `${line}\n`),
    onChild: signals.to,
    onRetry: ({ retry }) => {
      if (!signals.hold()) return false;
      writeText(2, `${retry?.text}\n`);
      return true;
    },
  });
  client.close();
  tellResult(result, flags.report ?? null);
  return exit.exit_code ?? 128 + (signalNumber(exit.exit_signal ?? "") ?? 0);
}

function tellResult(result: ToolResult | null, report: string | null): void {
  if (result === null) return say("WARNING: the guard went away meanwhile; what the tool used is not known");
  if (result.feedback !== null) writeText(2, `${result.feedback.text}\n`);
  if (result.retry !== null)
    say("not run again: a signal came, or its standard input cannot be given twice (a file or </dev/null can)");
  if (report !== null) writeReportFile(report, `${JSON.stringify(result, null, 2)}\n`);
}
