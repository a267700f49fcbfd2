import { CorralError, parseNumberIn } from "../../../report/index.ts";
import type { ContentModel } from "../load/content.ts";
import { contentModels } from "../load/content.ts";
import type { ForkProgramName, MemoryProgramName, NumberRule, NumbersOf, ProgramName } from "./programs.ts";
import { commonNumbers, isMemoryProgram, memoryNumbers, programs } from "./programs.ts";

export const compressPolicies = ["internal", "external", "both"] as const;
/** Who may have memory compressed: the workload itself, a policy engine, or both. */
export type CompressPolicy = (typeof compressPolicies)[number];

/** What is asked of the memory arena; null: none is used. */
export interface ArenaSettings {
  readonly capMb: number;
  readonly minSavingsPercent: number;
  /** Compresses by itself what is cold. */
  readonly autoloops: boolean;
  /** Where the statistics go at the end; null: nowhere. */
  readonly statsPath: string | null;
}

export interface ControllerSettings {
  /** Null: where the enrolment client looks by itself. */
  readonly socketPath: string | null;
}

interface CommonSettings {
  readonly durationSec: number;
  readonly seed: number;
}

/** Everything that a workload with memory is told. */
export interface MemorySettings<P extends MemoryProgramName = MemoryProgramName> extends CommonSettings {
  readonly program: P;
  readonly numbers: NumbersOf<P>;
  readonly content: { readonly model: ContentModel; readonly randomPercent: number };
  /** Exponent of zipf's law for which pages are used; 0: all alike. */
  readonly zipfTheta: number;
  readonly arena: ArenaSettings | null;
  readonly controller: ControllerSettings | null;
  readonly compressPolicy: CompressPolicy;
}

/** Everything that a workload of processes is told. */
export interface ForkSettings<P extends ForkProgramName = ForkProgramName> extends CommonSettings {
  readonly program: P;
  readonly numbers: NumbersOf<P>;
  readonly workers: number;
  readonly execPath: string;
}

/** Flags as they were given: texts, and true for switches. */
export type RawSettings = Readonly<Record<string, string | boolean | undefined>>;

const usage = (flag: string, message: string, fix?: string): CorralError =>
  new CorralError("USAGE", `--${flag} ${message}`, { object: `--${flag}`, ...(fix === undefined ? {} : { fix }) });

/** Runs a parser of a flag's value. @throws CorralError USAGE */
function judged<T>(flag: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof RangeError) throw usage(flag, thrown.message);
    throw thrown;
  }
}

function readNumber(raw: RawSettings, flag: string, rule: NumberRule): number {
  const text = raw[flag];
  const value =
    typeof text === "string"
      ? judged(flag, () => parseNumberIn(text, rule.min, rule.max, { integer: true }))
      : rule.standard;
  if (rule.safeMax !== undefined && value > rule.safeMax && raw["unsafe-allow-long"] !== true)
    throw usage(flag, `is at most ${rule.safeMax}`, `--unsafe-allow-long allows ${rule.max}`);
  return value;
}

const readNumbers = <K extends string>(raw: RawSettings, rules: Readonly<Record<K, NumberRule>>): Record<K, number> =>
  Object.fromEntries(
    Object.entries<NumberRule>(rules).map(([flag, rule]) => [flag, readNumber(raw, flag, rule)]),
  ) as Record<K, number>;

const ownNumbers = <P extends ProgramName>(program: P, raw: RawSettings): NumbersOf<P> =>
  readNumbers<string>(raw, programs[program].numbers) as NumbersOf<P>;

function readChoice<T extends string>(raw: RawSettings, flag: string, choices: readonly T[], standard: T): T {
  const text = raw[flag] ?? standard;
  const found = choices.find((one) => one === text);
  if (found === undefined) throw usage(flag, `is one of ${choices.join(", ")}`);
  return found;
}

const readText = (raw: RawSettings, flag: string): string | null => {
  const text = raw[flag];
  if (text === "") throw usage(flag, "needs a value");
  return typeof text === "string" ? text : null;
};

/** @throws CorralError USAGE for flags that make no sense together */
function checkTogether(raw: RawSettings, policy: CompressPolicy): void {
  const hasArena = raw["use-mem-arena"] === true;
  const needsArena = [
    ["controller-enroll", raw["controller-enroll"] === true],
    ["compress-policy", policy !== "internal"],
    ["arena-stats-json", raw["arena-stats-json"] !== undefined],
    ["arena-autoloops", raw["arena-autoloops"] === true],
  ] as const;
  const lonely = hasArena ? undefined : needsArena.find(([, isGiven]) => isGiven);
  if (lonely !== undefined) throw usage(lonely[0], "needs the memory arena", "add --use-mem-arena");
  if (raw["controller-sock"] !== undefined && raw["controller-enroll"] !== true)
    throw usage("controller-sock", "says where to enrol", "add --controller-enroll");
}

/** The zipf exponent that makes sense: beyond 3 a few pages are all. */
const mostTheta = 3;

/** @throws CorralError USAGE */
export function readMemorySettings<P extends MemoryProgramName>(program: P, raw: RawSettings): MemorySettings<P> {
  const common = readNumbers(raw, commonNumbers);
  const memory = readNumbers(raw, memoryNumbers);
  const compressPolicy = readChoice(raw, "compress-policy", compressPolicies, "internal");
  const theta = raw["zipf-theta"];
  checkTogether(raw, compressPolicy);
  return {
    program,
    numbers: ownNumbers(program, raw),
    durationSec: common["duration-sec"],
    seed: common.seed,
    content: { model: readChoice(raw, "content", contentModels, "zero"), randomPercent: memory["random-pct"] },
    zipfTheta:
      typeof theta === "string"
        ? judged("zipf-theta", () => parseNumberIn(theta, 0, mostTheta, { integer: false }))
        : 0,
    arena:
      raw["use-mem-arena"] === true
        ? {
            capMb: memory["arena-cap-mb"],
            minSavingsPercent: memory["arena-min-savings-pct"],
            autoloops: raw["arena-autoloops"] === true,
            statsPath: readText(raw, "arena-stats-json"),
          }
        : null,
    controller: raw["controller-enroll"] === true ? { socketPath: readText(raw, "controller-sock") } : null,
    compressPolicy,
  };
}

/** @throws CorralError USAGE */
export function readForkSettings<P extends ForkProgramName>(program: P, raw: RawSettings): ForkSettings<P> {
  const common = readNumbers(raw, commonNumbers);
  return {
    program,
    numbers: ownNumbers(program, raw),
    durationSec: common["duration-sec"],
    seed: common.seed,
    workers: common.workers,
    execPath: readText(raw, "exec-path") ?? "/bin/true",
  };
}

/** Reads the flags of any workload. @throws CorralError USAGE */
export const readSettings = (program: ProgramName, raw: RawSettings): MemorySettings | ForkSettings =>
  isMemoryProgram(program) ? readMemorySettings(program, raw) : readForkSettings(program, raw);
