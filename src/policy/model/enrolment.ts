import type { ProcessIdentity } from "../../kernel/index.ts";

/** What a workload says of its memory arena when it enrols; the original protocol's configuration fields. */
export interface ArenaConfig {
  readonly useMemArena: boolean;
  /** Budget of the arena in MiB. */
  readonly capMb: number;
  /** Least saving, in percent, for which a chunk is kept compressed. */
  readonly minSavingsPercent: number;
  /** Size of its regions in MiB. */
  readonly regionMb: number;
}

/** A workload that asked to be told when to act. Everything it says of itself is untrusted; its identity is the kernel's word. */
export interface Enrolment {
  /** Random; named in every message about this enrolment. */
  readonly token: string;
  readonly identity: ProcessIdentity;
  readonly uid: number;
  readonly gid: number;
  /** Chosen by the workload, at most 64 bytes. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What it can be asked to do: `compress`, `trim`, … */
  readonly verbs: readonly string[];
  readonly protocol: "v2" | "legacy";
  readonly arena: ArenaConfig | null;
  /** CLOCK_MONOTONIC, when it was accepted. */
  readonly enrolledNs: bigint;
}

/** Why an enrolment ended. `superseded`: the process executed another program. */
export type UnenrolReason =
  | "unenrolled"
  | "closed"
  | "superseded"
  | "exited"
  | "silent"
  | "protocol_error"
  | "shutdown";

/** Why somebody was not enrolled. */
export type RefusalReason = "wrong_identity" | "not_allowed" | "malformed" | "quota" | "unsupported_version";

/** What the enrolment server tells the policy engine. */
export type EnrolmentChange =
  | { readonly kind: "enrolled"; readonly enrolment: Enrolment; readonly timestampNs: bigint }
  | {
      readonly kind: "unenrolled";
      readonly token: string;
      readonly identity: ProcessIdentity;
      readonly why: UnenrolReason;
      readonly timestampNs: bigint;
    }
  | {
      readonly kind: "refused";
      readonly reason: RefusalReason;
      /** The kernel's word on who sent it; null when it could not be had. */
      readonly peer: { readonly pid: number; readonly uid: number } | null;
      /** The pid that the message claimed; null when it claimed none. */
      readonly claimedPid: number | null;
      readonly timestampNs: bigint;
    };

/** The twelve statistics of an acknowledgement; bytes and counts as the workload states them. */
export interface AckStats {
  readonly triggerCount: bigint;
  readonly totalInputBytesAttempted: bigint;
  readonly chunksAdmitted: bigint;
  readonly logicalInputBytes: bigint;
  readonly compressedBytesLive: bigint;
  readonly poolBytesLive: bigint;
  readonly poolBytesFree: bigint;
  readonly poolCompactions: bigint;
  readonly compressOps: bigint;
  readonly decompressOps: bigint;
  readonly evictionsLru: bigint;
  readonly incompressibleChunks: bigint;
}

/** CLOCK_MONOTONIC of the workload's own phases, null where it did not say. */
export interface AckPhases {
  readonly receivedNs: bigint | null;
  readonly safePointNs: bigint | null;
  readonly startNs: bigint | null;
  readonly endNs: bigint | null;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A request to an enrolled workload. */
export interface WorkloadRequest {
  /** Unique; a reply with another id is no reply. */
  readonly requestId: string;
  readonly verb: string;
  readonly params: { readonly [key: string]: JsonValue };
  /** CLOCK_MONOTONIC after which the workload shall not start on it. */
  readonly expiresNs: bigint;
}

/** How a request ended; `atNs` is CLOCK_MONOTONIC on our side. */
export type WorkloadReply =
  | { readonly status: "done"; readonly stats: AckStats | null; readonly phases: AckPhases; readonly atNs: bigint }
  | { readonly status: "nacked"; readonly code: string; readonly message: string; readonly atNs: bigint }
  | { readonly status: "timeout"; readonly atNs: bigint }
  | { readonly status: "gone"; readonly why: UnenrolReason; readonly atNs: bigint };

/** The enrolled workloads as the engine and the actions see them. */
export interface EnrolledWorkloads {
  find(identity: ProcessIdentity): Enrolment | null;
  /** Sends one request and waits for its end; never rejects but for the signal's reason. */
  request(enrolment: Enrolment, request: WorkloadRequest, signal?: AbortSignal): Promise<WorkloadReply>;
}
