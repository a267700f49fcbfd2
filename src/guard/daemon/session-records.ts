import { join } from "node:path";
import { CorralError } from "../../report/index.ts";
import type { SessionSpec, ToolRequest, ToolResult } from "../model/index.ts";
import { classOfCommand } from "../model/index.ts";
import { CallHistory } from "./call-history.ts";
import { Expiry } from "./expiry.ts";
import type { GuardEvent, Tell } from "./guard-event.ts";
import type { LiveSession } from "./live-session.ts";
import { PeakHistory } from "./peak-history.ts";
import { SessionTokens } from "./session-tokens.ts";
import { StateFile } from "./state-file.ts";

export interface SessionRecordsOptions {
  /** Where the files are that outlive the daemon until the next boot, and those that outlive that too. */
  readonly directory: string;
  readonly lasting: string;
  /** Directory of the root group. */
  readonly root: string;
  readonly find: (session: string) => LiveSession | null;
  /** Ends a session with all its processes. */
  readonly end: (session: string) => Promise<void>;
  readonly tell: Tell;
}

/** What the guard keeps of each session besides its groups: its token, its time to live, what its calls were. It hears of sessions by events. */
export class SessionRecords {
  readonly tokens: SessionTokens;
  readonly expiry: Expiry;
  readonly calls = new CallHistory();
  readonly #peaks: PeakHistory;
  readonly #tell: Tell;

  constructor({ directory, lasting, root, find, end, tell }: SessionRecordsOptions) {
    const kind = (name: string, what: string, untilBoot = true) => ({
      path: join(untilBoot ? directory : lasting, `${name}.json`),
      schema: `corral.guard-${name}/1`,
      root,
      untilBoot,
      what,
    });
    this.#tell = tell;
    this.tokens = new SessionTokens(new StateFile(kind("tokens", "the tokens of sessions")));
    this.#peaks = new PeakHistory(new StateFile(kind("peaks", "what calls needed", false)));
    this.expiry = new Expiry({
      file: new StateFile(kind("deadlines", "the deadlines of sessions")),
      ttlMs: (session) => find(session)?.spec.ttlMs ?? null,
      end,
      tell,
      nowNs: () => process.hrtime.bigint(),
    });
  }

  readonly heed = (event: GuardEvent): void => {
    for (const heed of [this.tokens.heed, this.expiry.heed, this.calls.heed])
      this.#orWarn(event.session, () => heed(event));
  };

  /** What a call usually needs by the history of its session's owner; null: its session does not want that, or it is unknown. */
  readonly usualBytes = ({ owner, tools }: SessionSpec, command: string): number | null => {
    const of = tools.defaults === "learn" ? classOfCommand(command) : null;
    return of === null ? null : this.#peaks.usualBytes(owner, of);
  };

  /** A call has ended. */
  readonly onEnd = (result: ToolResult, request: ToolRequest, session: SessionSpec | null): void => {
    if (session !== null) this.calls.add(result, request);
    const { reason, memory_peak_bytes: peak } = result;
    // Who was ended early tells nothing of what it would have needed.
    if (session === null || peak === null || reason === "abandoned" || reason === "timeout") return;
    const of = session.tools.defaults === "learn" ? classOfCommand(request.command ?? "") : null;
    if (of !== null) this.#orWarn(session.name, () => this.#peaks.add(session.owner, of, peak));
  };

  close(): void {
    this.expiry.close();
    this.#orWarn(null, () => this.#peaks.flush());
  }

  /** What cannot be written holds in this guard; the next one will not know of it. */
  #orWarn(session: string | null, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#tell({ event: "WARNING", session, message: CorralError.from(thrown).message });
    }
  }
}
