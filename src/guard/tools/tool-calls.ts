import type { Controller, HostCgroups } from "../../cgroup/index.ts";
import { readProcessStat, readProcText } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { MoveInto } from "../../run/moves/index.ts";
import type { LiveSession, Tell } from "../daemon/index.ts";
import type {
  Hint,
  IgnoredPart,
  RunningCallDocument,
  SessionSpec,
  ToolDocument,
  ToolExit,
  ToolRequest,
  ToolResult,
} from "../model/index.ts";
import { planBudget, readHint } from "../model/index.ts";
import { groupOfLines, headroomBytes, readSessionMemory } from "../tree/index.ts";
import { CallGroup } from "./call-group.ts";
import { callName } from "./call-name.ts";
import { frozenNotice, hintNotice } from "./notices.ts";
import type { GrantedRetry } from "./retries.ts";
import { Retries } from "./retries.ts";
import type { CallClient, RunningCall } from "./running-call.ts";
import type { ToolLog } from "./tool-log.ts";
import { toolLogLine } from "./tool-log.ts";
import { budgetBytesOf, toToolResult } from "./tool-result.ts";

const nowNs = (): bigint => process.hrtime.bigint();

export interface ToolCallsOptions {
  readonly host: HostCgroups;
  /** Controllers that calls have. */
  readonly controllers: readonly Controller[];
  readonly session: (name: string) => LiveSession | null;
  /** For how long a session has been frozen so far. */
  readonly frozenNs: (session: LiveSession) => bigint;
  /** Whether what is started in a session now does not run before it goes on again. */
  readonly isFrozen: (session: LiveSession) => boolean;
  readonly tell: Tell;
  readonly move: MoveInto;
  /** What a call of this kind usually needs in a session that wants that; null: not known. */
  readonly usualBytes: (session: SessionSpec, command: string) => number | null;
  /** Is told of each end. @param session null: it is gone */
  readonly onEnd: (result: ToolResult, request: ToolRequest, session: SessionSpec | null) => void;
  /** Resolves when there is memory for a call that says what it needs. */
  readonly admit: (spec: SessionSpec, needBytes: number | null, gone: AbortSignal) => Promise<void>;
  /** Gets a line at each end. */
  readonly log: Pick<ToolLog, "add">;
}

/** What a call that may begin is to run and to have. */
interface Admitted extends Pick<RunningCall, "request" | "earlier"> {
  readonly wish: Hint;
  /** Of the hint, what was not understood. */
  readonly ignored: readonly IgnoredPart[];
}

const gone = (id: string): CorralError =>
  new CorralError("SESSION_NOT_FOUND", `there is no tool call ${quote(id)} of this connection`, { object: id });

/** The tool calls that run now, of all sessions. */
export class ToolCalls {
  readonly #options: ToolCallsOptions;
  readonly #running = new Map<string, RunningCall>();
  readonly #retries = new Retries();
  readonly #over = new AbortController();

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** Whether a connection has a call that runs, or may run one again. */
  holds(connection: AbortSignal): boolean {
    return (
      this.#retries.holds(connection) || [...this.#running.values()].some((one) => one.client.connection === connection)
    );
  }

  /** How many calls a session has now. */
  count(session: string): number {
    return [...this.#running.values()].filter((one) => one.session === session).length;
  }

  /** The calls that a session has now. */
  running(session: string): readonly RunningCallDocument[] {
    return [...this.#running.values()].filter((one) => one.session === session).map(describeCall);
  }

  /**
   * Makes the group of a call, with its limits, before its process exists, and when there is memory for it.
   * @throws CorralError SESSION_BUSY when the session has all the calls it may have; SESSION_NOT_FOUND when it has gone
   *   meanwhile, or there is no call that it could be the retry of; CGROUP_IO
   */
  async start({ spec: { name } }: LiveSession, client: CallClient, asked: ToolRequest): Promise<ToolDocument> {
    const { admit, session } = this.#options;
    const before = session(name);
    if (before !== null) this.#refuseAnotherCall(before.spec);
    const again = this.#retryOf(asked, client, name);
    const request = again?.request ?? asked;
    const { hint, ignored } = readHint(request.hint ?? "");
    const wish = again === null ? hint : { ...hint, memoryBytes: again.memoryBytes };
    const { memoryBytes } = wish;
    if (before !== null)
      await admit(before.spec, typeof memoryBytes === "number" ? memoryBytes : null, client.connection);
    const live = session(name);
    if (live === null || client.connection.aborted)
      throw new CorralError("SESSION_NOT_FOUND", `the session ${quote(name)} has gone`, { object: name });
    return this.#begin(live, client, { request, wish, ignored, earlier: again?.attempts ?? [] });
  }

  #refuseAnotherCall(spec: SessionSpec): void {
    if (this.count(spec.name) >= spec.tools.mostCalls) {
      throw new CorralError(
        "SESSION_BUSY",
        `the session ${quote(spec.name)} runs ${spec.tools.mostCalls} tool calls, the most it may`,
        {
          object: spec.name,
          fix: "wait for one to end",
        },
      );
    }
  }

  #begin(live: LiveSession, client: CallClient, { request, wish, ignored, earlier }: Admitted): ToolDocument {
    const { spec, groups } = live;
    this.#refuseAnotherCall(spec);
    const { host, controllers, tell } = this.#options;
    const budget = planBudget(wish, spec, this.#options.usualBytes(spec, request.command ?? ""));
    const id = callName({ pid: client.pid, startNs: nowNs(), timeMs: budget.timeMs });
    const group = CallGroup.make(host, groups.places.tools, id, controllers, budget.limits);
    const call: RunningCall = {
      id,
      session: spec.name,
      client,
      request,
      ignored: ignored.map(({ part, key, why }) => ({ part, key, why })),
      earlier,
      group,
      budget,
      startNs: nowNs(),
      startTime: new Date().toISOString(),
      frozenBeforeNs: this.#frozenNs(spec.name),
      onGone: () => void this.#end(call, null),
      pid: null,
      timer: null,
      timedOut: false,
      killedForMemory: false,
    };
    this.#running.set(id, call);
    client.connection.addEventListener("abort", call.onGone, { once: true });
    for (const { message } of ignored) tell({ event: "HINT_IGNORED", session: spec.name, call: id, reason: message });
    const frozen = this.#options.isFrozen(live) ? frozenNotice : null;
    // Of its hint it was told when it ran first.
    const hint = earlier.length === 0 ? hintNotice(call.ignored) : null;
    return {
      call: id,
      session: spec.name,
      group: group.path,
      limits: group.outcomes,
      time_ms: budget.timeMs,
      lowered: budget.lowered,
      hint_ignored: call.ignored,
      notices: [hint, frozen].filter((one) => one !== null),
    };
  }

  /**
   * Puts the process that waits to execute the command into its group. Only a child of the client, which has not been reaped
   * and whose pid is nobody else's therefore.
   * @throws CorralError SESSION_NOT_FOUND, GUARD_DENIED, CGROUP_IO
   */
  join(id: string, client: CallClient, pid: number): void {
    const call = this.#own(id, client);
    if (call.pid !== null || readProcessStat(pid)?.ppid !== client.pid) {
      throw new CorralError("GUARD_DENIED", `process ${pid} is no child of the client that waits for its call`, {
        object: String(pid),
      });
    }
    const refused = this.#isIn(pid, call.group.path) ? null : this.#options.move(pid, call.group.path);
    if (refused !== null)
      throw new CorralError("CGROUP_IO", `process ${pid} cannot join its call: ${refused.reason}`, {
        object: call.group.path,
      });
    call.pid = pid;
    if (call.budget.timeMs !== null) {
      call.timer = setTimeout(() => {
        call.timedOut = true;
        call.group.kill();
      }, call.budget.timeMs);
    }
    this.#options.tell({ event: "TOOL_STARTED", session: call.session, call: id, pid, by: client.uid });
  }

  /** Ends a call whose command has ended. @throws CorralError SESSION_NOT_FOUND */
  async finish(id: string, client: CallClient, exit: ToolExit): Promise<ToolResult> {
    const call = this.#own(id, client);
    const result = await this.#end(call, exit);
    if (result === null) throw gone(id);
    return result;
  }

  /** A call was killed so that others have memory. @param group its directory */
  killedForMemory(group: string): void {
    for (const call of this.#running.values()) if (call.group.path === group) call.killedForMemory = true;
  }

  /** Leaves all calls as they are: their processes go on, and the next guard clears their groups away. */
  close(): void {
    this.#over.abort(new Error("the guard ends"));
    for (const { client, onGone, timer } of this.#running.values()) {
      client.connection.removeEventListener("abort", onGone);
      if (timer !== null) clearTimeout(timer);
    }
    this.#running.clear();
  }

  /** A client that may has made it there: a move takes the kernel milliseconds (native/BOUNDARY.md, thin client). */
  #isIn(pid: number, directory: string): boolean {
    const group = groupOfLines(readProcText(`/proc/${pid}/cgroup`));
    return group !== null && directory === `${this.#options.host.unified?.mountPoint}${group}`;
  }

  #own(id: string, client: CallClient): RunningCall {
    const call = this.#running.get(id);
    if (call === undefined || call.client.connection !== client.connection) throw gone(id);
    return call;
  }

  /** What the client was granted for the call that it runs again; null: it runs a new one. */
  #retryOf({ retry_of }: ToolRequest, { connection }: CallClient, session: string): GrantedRetry | null {
    if (retry_of === undefined) return null;
    const granted = this.#retries.take(connection, retry_of, session);
    if (granted === null) throw gone(retry_of);
    return granted;
  }

  #frozenNs(name: string): bigint {
    const session = this.#options.session(name);
    return session === null ? 0n : this.#options.frozenNs(session);
  }

  /** @param exit null: the client has gone, and with it who waits for the call */
  async #end(call: RunningCall, exit: ToolExit | null): Promise<ToolResult | null> {
    // Whoever comes first; the other finds nothing.
    if (!this.#running.delete(call.id)) return null;
    call.client.connection.removeEventListener("abort", call.onGone);
    if (call.timer !== null) clearTimeout(call.timer);
    const endNs = nowNs();
    const session = this.#options.session(call.session);
    const tools = session?.spec.tools ?? null;
    const policy = exit === null || tools === null ? "kill" : tools.background;
    const left = call.group.processes().length;
    const early = call.group.read();
    await call.group.clear(policy, tools?.waitMs ?? 0, session?.groups.places.framework ?? "");
    // What was killed just now has counted on; a group that is gone tells nothing any more.
    const late = left === 0 ? early : call.group.read();
    const read = late.usage.cpu_total_us === null ? early : late;
    const removed = await call.group.remove();
    if (!removed) call.group.removeLater(this.#over.signal);
    const result = toToolResult({
      call,
      exit,
      read,
      background: { policy, processes: left },
      endNs,
      removed,
      frozenNs: this.#frozenNs(call.session),
      ...memoryFor(session),
    });
    this.#options.onEnd(result, call.request, session?.spec ?? null);
    this.#retries.grant(call.client.connection, call.request, result);
    this.#report(call, result, read.currentBytes);
    return result;
  }

  #report(call: RunningCall, result: ToolResult, currentBytes: number | null): void {
    const { tell, log } = this.#options;
    const { exit_code, exit_signal, reason } = result;
    tell({
      event: "TOOL_ENDED",
      session: call.session,
      call: call.id,
      exit_code,
      exit_signal,
      reason,
      removed: result.removed,
    });
    const { command = null, hint = null } = call.request;
    const logged = { pid: call.pid ?? 0, group: call.group.path, command, hint, currentBytes };
    log.add(toolLogLine(result, logged));
  }
}

const describeCall = (call: RunningCall): RunningCallDocument => ({
  call: call.id,
  pid: call.pid,
  running_ms: Number(nowNs() - call.startNs) / 1e6,
  memory_bytes: call.group.memoryBytes(),
  memory_budget_bytes: budgetBytesOf(call.budget),
  attempt: call.earlier.length + 1,
});

/** How far a session's call may go. "As much as there may be" gets the ceiling. */
function memoryFor(session: LiveSession | null) {
  if (session === null) return { ceilingBytes: null, headroomBytes: () => 0 };
  const most = planBudget({ memoryBytes: "max" }, session.spec).limits.memoryMax;
  return {
    ceilingBytes: typeof most === "number" ? most : null,
    headroomBytes: () => headroomBytes(readSessionMemory(session.groups.places.session)),
  };
}
