import type { CpuBackendName } from "../../cgroup/cpu/index.ts";
import type { FeedOrigin, MonitorLine } from "../../events/index.ts";
import type { StateDirectories } from "../../run/index.ts";
import type { ReadServedRun } from "../jobs/index.ts";
import type { MemoryPolicy } from "../model/index.ts";
import type { GuardEventDocument } from "./guard-event.ts";

/** How a guard is started. */
export interface GuardOptions {
  /** The file, read again at every reload; null: none. */
  readonly file: string | null;
  /** Over those of the file. */
  readonly cgroupRoot: string | null;
  readonly socket: string | null;
  readonly scheduler: CpuBackendName | null;
  /** Over that of the file. */
  readonly memoryPolicy: MemoryPolicy | null;
  /** Change nothing: tell events, and what would be done. */
  readonly monitorOnly: boolean;
  /** Tell opened files too. */
  readonly opens: boolean;
  /** Tell the events of the whole host, not only those of sessions. */
  readonly wholeHost: boolean;
  readonly directories: StateDirectories;
  readonly version: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Reads command lines of `corral run` for clients that are no Node; null: none is served. */
  readonly readRun: ReadServedRun | null;
  readonly onEvent: (event: GuardEventDocument) => void;
  readonly onOrigin: (origin: FeedOrigin) => void;
  readonly onLine: (line: MonitorLine) => void;
}

/** What becomes of sessions when the guard ends: see Sessions.close. */
export type OnStop = "release" | "keep";
