import { errnoName } from "./native-error.ts";

/** One join or attribute as the launcher left it. */
export interface LauncherSet {
  /** `join`, `pgroup`, `oom-score`, `nice`, `ioprio`, `sched`, `affinity`, `rlimit.<n>`, `groups`, `gid`, `uid`. */
  readonly name: string;
  /** 0 when the call succeeded. */
  readonly errno: number;
  /** Name of `errno`, null when it is 0. */
  readonly code: string | null;
  /** The value read back from the kernel, the path of a join; null when it cannot be read back. */
  readonly effective: string | null;
}

/** Why the launcher did not become the workload. */
export interface LauncherFailure {
  /** `join`, the name of an attribute, `workdir`, `exec`, or `usage` (a bug in Corral). */
  readonly stage: string;
  readonly errno: number;
  readonly code: string | null;
}

/** What the launcher wrote until its status descriptor closed. */
export interface LauncherStatus {
  /** False: it was killed before its first instruction, or could not be executed. */
  readonly ready: boolean;
  readonly sets: readonly LauncherSet[];
  readonly fail: LauncherFailure | null;
  /** When it woke for its exec, by CLOCK_MONOTONIC; null: it was not told to wait for a moment. */
  readonly beganNs: bigint | null;
}

// A run parses a dozen short lines: compiling patterns for them would take longer than all else here.
function decodeEscapes(text: string): string {
  if (!text.includes("\\x")) return text;
  return text.replace(/\\x([0-9a-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function parseSet(line: string): LauncherSet | null {
  const [verb, name = "", errno = "", ...rest] = line.split(" ");
  if (verb !== "set" || rest.length === 0) return null;
  const effective = rest.join(" ");
  return {
    name,
    errno: Number(errno),
    code: errnoName(Number(errno)),
    effective: effective === "-" ? null : decodeEscapes(effective),
  };
}

function parseFailure(text: string): LauncherFailure | null {
  const at = `\n${text}`.indexOf("\nfail ");
  if (at === -1) return null;
  const [, stage = "", errno] = text.slice(at).split("\n", 1)[0]?.split(" ") ?? [];
  if (errno === undefined) return null;
  return { stage, errno: Number(errno), code: errnoName(Number(errno)) };
}

const parseBegan = (text: string): bigint | null => {
  const [, digits] = /^began (\d+)$/m.exec(text) ?? [];
  return digits === undefined ? null : BigInt(digits);
};

const isReady = (text: string): boolean => text === "ready" || text.startsWith("ready\n");

/** The joins and attributes in the status lines. */
const parseSets = (text: string): readonly LauncherSet[] =>
  text
    .split("\n")
    .map(parseSet)
    .filter((set) => set !== null);

/**
 * Parses the launcher's status lines (grammar in native/BOUNDARY.md); unknown lines are skipped. Joins and attributes are
 * looked at when somebody asks for them: a start is not to wait for what nobody may want.
 */
export class ParsedStatus implements LauncherStatus {
  readonly ready: boolean;
  readonly fail: LauncherFailure | null;
  readonly #text: string;

  constructor(text: string) {
    this.ready = isReady(text);
    this.fail = parseFailure(text);
    this.#text = text;
  }

  get sets(): readonly LauncherSet[] {
    return parseSets(this.#text);
  }

  get beganNs(): bigint | null {
    return parseBegan(this.#text);
  }
}
