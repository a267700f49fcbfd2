import { discoverHostCgroups } from "../cgroup/index.ts";
import type { DoneDecision, FaultSettings, ProtectionStatus } from "../guard/index.ts";
import { decisionFacts, findGroup, MemoryControl, plainMemory } from "../guard/index.ts";
import { CorralError, parseNumberIn } from "../report/index.ts";
import type { MemcgLine } from "./events-json.ts";
import { toJsonLine } from "./events-json.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { holdSignals } from "./hold-signals.ts";
import { LineWriter } from "./line-writer.ts";
import type { memcgFlags } from "./memcg-flags.ts";
import { say } from "./output.ts";

type MemcgFlags = RawFlags<typeof memcgFlags>;

const wholeNumber = (flag: keyof MemcgFlags, text: string | undefined, otherwise: number): number =>
  text === undefined
    ? otherwise
    : flagValue(flag, text, (one) => parseNumberIn(one, 0, Number.MAX_SAFE_INTEGER, { integer: true }));

const statsEveryMs = 1000;

/**
 * `corral memcg`: protects one group's memory from others, as the original's loader does, until it is told to stop.
 * @returns 0
 * @throws CorralError USAGE, GUARD_HOST, CGROUP_IO, NATIVE_MISSING, NATIVE_CALL, INTERNAL
 */
export async function memcgCommand(flags: MemcgFlags): Promise<number> {
  const signals = holdSignals();
  const { high, low = [] } = flags;
  if (high === undefined)
    throw new CorralError("USAGE", "which group is to be protected is not said", {
      object: "--high",
      fix: "give --high PATH",
    });
  // What is wrong with the flags themselves comes first, whatever host this is.
  const faults = faultsOf(flags);
  sayWhatIsNotThere(flags);
  const groups = directoriesOf(high, low);
  const teller = new Teller({ high: groups.high, low: groups.low }, flags.verbose === true);
  const control = await MemoryControl.open({
    ...groups,
    settings: { ...plainMemory, dryRun: flags["dry-run"] === true },
    faults,
    onDecision: (decision) => teller.tellDecision(decision),
    onStatus: (status) => teller.takeStatus(status),
  });
  const stopped = signals.handOver(() => {}).then(() => null);
  const died = await Promise.race([stopped, control.ended]);
  const failed = await control.close();
  teller.end();
  for (const one of failed) say(`WARNING: ${one}`);
  if (died === null) return 0;
  throw new CorralError("INTERNAL", `the protection has ended: ${died}`);
}

/** Groups may be written as directories of the mount or as /proc/PID/cgroup has them. */
function directoriesOf(high: string, low: readonly string[]) {
  const host = discoverHostCgroups();
  const find = (what: string, path: string): string => findGroup(host, path, { command: "corral memcg", what });
  const directories = { high: find("--high", high), low: low.map((path) => find("--low", path)) };
  return { mountPoint: host.unified?.mountPoint ?? "", ...directories };
}

function faultsOf(flags: MemcgFlags): FaultSettings | null {
  const threshold = wholeNumber("threshold", flags.threshold, 1);
  const belowLow = flags["below-low"] === true;
  const belowMin = flags["below-min"] === true;
  return belowLow || belowMin ? { threshold, belowLow, belowMin } : null;
}

function sayWhatIsNotThere(flags: MemcgFlags): void {
  wholeNumber("delay-ms", flags["delay-ms"], 0);
  if (flags["delay-ms"] !== undefined)
    say(
      "NOTE: --delay-ms: this kernel delays nobody per charge; low groups are clamped to what they have, then frozen",
    );
  if (flags["below-low"] === true || flags["below-min"] === true)
    say("NOTE: memory.low and memory.min keep page cache and what could be swapped out; without swap nothing else");
  if ((flags.low ?? []).length === 0) say("WARNING: there is no --low: nothing can be taken from anybody");
}

/** Directories. */
type Groups = Pick<ReturnType<typeof directoriesOf>, "high" | "low">;

/** Lines of what is decided, and on request figures every second. */
class Teller {
  readonly #out = new LineWriter(() => {});
  readonly #groups: Groups;
  readonly #verbose: boolean;
  readonly #counts = new Map<string, number>();
  #status: ProtectionStatus | null = null;
  #toldMs = performance.now();

  constructor(groups: Groups, verbose: boolean) {
    this.#groups = groups;
    this.#verbose = verbose;
  }

  tellDecision(decision: DoneDecision): void {
    this.#counts.set(decision.action, (this.#counts.get(decision.action) ?? 0) + 1);
    this.#tell("DECISION", decisionFacts(decision));
  }

  takeStatus(status: ProtectionStatus): void {
    if (this.#status === null) this.#tellStart(status);
    this.#status = status;
    if (!this.#verbose || performance.now() - this.#toldMs < statsEveryMs) return;
    this.#toldMs = performance.now();
    this.#tellStats();
  }

  #tellStart({ limitBytes, boundBy, spared }: ProtectionStatus): void {
    this.#tell("STARTED", { ...this.#groups, limit_bytes: limitBytes, bound_by: boundBy });
    for (const group of spared) say(`WARNING: ${group} is not touched: this process, or what started it, is in it`);
  }

  end(): void {
    this.#tellStats();
    this.#out.flush();
  }

  #tellStats(): void {
    const {
      limitBytes = 0,
      headroomBytes = 0,
      boundBy = "host",
      stages = [],
      looks = 0,
      latestMs = 0,
    } = this.#status ?? {};
    this.#tell("STATS", {
      limit_bytes: limitBytes,
      headroom_bytes: headroomBytes,
      bound_by: boundBy,
      held: Object.fromEntries(stages),
      looks,
      latest_ms: latestMs,
      decisions: Object.fromEntries(this.#counts),
    });
  }

  #tell(event: MemcgLine["event"], facts: object): void {
    this.#out.write(
      toJsonLine({ timestamp: process.hrtime.bigint(), time: new Date().toISOString(), event, ...facts }),
    );
  }
}
