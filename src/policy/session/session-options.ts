import type { OpenSourceOptions } from "../../events/index.ts";
import type { RuleSource } from "../rules/index.ts";
import type { PolicyEvent } from "./policy-event.ts";

export interface PolicySessionOptions {
  /** Gives the rules, at the start and at every reload. @throws CorralError CONFIG */
  readonly loadRules: () => RuleSource;
  /** Path of the socket on which workloads enrol. */
  readonly socket: string;
  /** Path of the datagram socket of the original protocol; null: none. */
  readonly legacySocket: string | null;
  /** Group whose members may enrol too; null: root and our own user only. */
  readonly gid: number | null;
  /** Where what is pending is kept for the next run. */
  readonly statePath: string;
  readonly csvPath: string | null;
  readonly jsonlPath: string | null;
  /** Size at which a file of records is ended and the next one begun, bytes; null: never. */
  readonly rotateBytes: number | null;
  /** File that everything is recorded in which decisions depend on, for a replay; null: none. */
  readonly recordPath: string | null;
  /** `realtime`: its thread goes before all others as long as it needs little of a CPU, where the kernel lets it; `fair`: as others. */
  readonly scheduling: "realtime" | "fair";
  readonly host: string;
  readonly version: string;
  /** How lifecycle events are had. Default: by the best source, with its own buffers. */
  readonly events?: Pick<OpenSourceOptions, "prefer" | "pollIntervalMs" | "queueLimit" | "receiveBufferBytes">;
  readonly onEvent: (event: PolicyEvent) => void;
}
