import type { ChildHandle, ExitInfo } from "../../kernel/index.ts";
import { inheritAll, launch, signalName } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { noAttributes, startErrorOf } from "../../run/index.ts";
import type { GuardClient, ToolDocument, ToolExit, ToolRequest, ToolResult } from "../client/index.ts";

/** A tool and how it is started. */
export interface ToolRun {
  readonly request: ToolRequest;
  readonly command: readonly string[];
  /** `NAME=value` entries: its whole environment. */
  readonly env: readonly string[];
  /** Its working directory. Default: that of this process. */
  readonly cwd?: string;
  /** Descriptors of this process that become its 0, 1 and 2. */
  readonly fds: readonly number[];
  /** The same for a run after the first; null: what it reads cannot be given again. Default: `fds`. */
  readonly nextFds?: () => readonly number[] | null;
  /** Asked before it is run again: whether it still may be. Default: yes. */
  readonly onRetry?: (result: ToolResult) => boolean;
  /** Is told lines for the agent before the command starts. Default: nobody is. */
  readonly onNotice?: (line: string) => void;
  /** Is told of the child as soon as it runs the command, for signals that are to be passed on. */
  readonly onChild: (child: ChildHandle, call: ToolDocument) => void;
}

/** How a tool ended. */
export interface RanTool {
  readonly exit: ToolExit;
  /** Null: the guard went away meanwhile, and with it what it had counted. */
  readonly result: ToolResult | null;
}

const toExit = ({ code, signal }: ExitInfo): ToolExit => ({
  exit_code: code,
  exit_signal: signal === null ? null : signalName(signal),
});

/** How a call ends whose command never ran: as the client does that could not start it. */
const neverRan = (thrown: unknown): ToolExit => ({
  exit_code: CorralError.from(thrown).exitStatus,
  exit_signal: null,
});

/**
 * Runs a command as a tool call: its group stands, limited, before its process does, and the process is in it before it
 * executes the command. It is run again when the guard says so.
 * @throws CorralError as GuardClient.startTool does; COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, START_FAILED, NATIVE_MISSING,
 *   NATIVE_CALL, CGROUP_IO when the command could not be started
 */
export async function runTool(client: GuardClient, run: ToolRun): Promise<RanTool> {
  let ran = await runOnce(client, run);
  for (;;) {
    const { result } = ran;
    if (result === null || result.retry === null) return ran;
    const fds = (run.nextFds ?? (() => run.fds))();
    if (fds === null || run.onRetry?.(result) === false) return ran;
    ran = await runOnce(client, { ...run, fds, request: { ...run.request, retry_of: result.call } });
  }
}

async function runOnce(client: GuardClient, run: ToolRun): Promise<RanTool> {
  const { request, command, env, fds, onChild, cwd: workdir = null } = run;
  const [program = "", ...args] = command;
  const call = await client.startTool(request);
  // A guard of an earlier version has none.
  const { notices }: Partial<ToolDocument> = call;
  for (const line of notices ?? []) run.onNotice?.(line);
  try {
    const { child, fail, ready } = await launch({
      launcherOptions: { ...inheritAll, workdir },
      command: program,
      args,
      env,
      fds,
      cgroup: null,
      beforeExec: (held) => client.joinTool(call.call, held.child.pid),
      signal: null,
      mode: "blocking",
    });
    if (fail !== null) throw startErrorOf(fail, program, { ...noAttributes, workdir });
    if (!ready) throw new CorralError("START_FAILED", "the tool was killed before it could start", { object: program });
    onChild(child, call);
    const exit = toExit(await child.exit);
    return { exit, result: await finish(client, call, exit) };
  } catch (thrown) {
    await finish(client, call, neverRan(thrown));
    throw thrown;
  }
}

/** A guard that has gone cannot take the tool's own end away from who waits for it. */
async function finish(client: GuardClient, { call }: ToolDocument, exit: ToolExit): Promise<ToolResult | null> {
  try {
    return await client.finishTool(call, exit);
  } catch (thrown) {
    const { code } = CorralError.from(thrown);
    if (code === "GUARD_UNREACHABLE" || code === "SESSION_NOT_FOUND") return null;
    throw thrown;
  }
}
