import type { CpuAlert, SchedulerDocument, SchedulerSample } from "../cgroup/cpu/index.ts";
import { groupNames, SchedulerIntervals, ScxBackend, toAlert, toStart } from "../cgroup/cpu/index.ts";
import { CorralError } from "../report/index.ts";
import { LineWriter } from "./line-writer.ts";
import { say } from "./output.ts";
import type { SchedulerFlags, SchedulerSpec } from "./scheduler-spec.ts";
import { refuseAbsentGroups, toSchedulerSpec } from "./scheduler-spec.ts";
import { statsText } from "./scheduler-text.ts";

/**
 * `corral scheduler`: loads the scheduler and tells what it does, until it is told to stop or the kernel puts it away.
 * @returns 0
 * @throws CorralError USAGE, SCHEDULER_UNAVAILABLE, SCHEDULER_ENDED, NATIVE_MISSING, CGROUP_IO, REPORT_UNWRITABLE
 */
export async function schedulerCommand(flags: SchedulerFlags): Promise<number> {
  const spec = toSchedulerSpec(flags);
  refuseAbsentGroups(spec);
  const teller = new Teller(spec);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => teller.stop(signal));
  const backend = await ScxBackend.open(spec.options, teller);
  let alert: CpuAlert | null;
  try {
    teller.begin(adoptAll(backend, spec));
    for (const { group, boost } of spec.boosts) {
      const refused = await backend.boost(group, boost);
      if (refused !== null) say(`WARNING: no boost: ${refused}`);
    }
    // Tasks that were moved into a group come without a word.
    const adopting = setInterval(() => teller.tryTo(() => adoptAll(backend, spec)), spec.options.intervalMs || 2000);
    alert = await teller.over.finally(() => clearInterval(adopting));
  } finally {
    await backend.close();
  }
  teller.end();
  if (alert === null) return 0;
  throw new CorralError(
    "SCHEDULER_ENDED",
    `the scx scheduler ${alert.kind}: ${`${alert.reason} ${alert.message}`.trim()}`,
    {
      object: "sched_ext",
      found: alert.reason,
      fix: `the state of sched_ext is ${alert.state}: the kernel's own scheduler has the tasks`,
    },
  );
}

const adoptAll = (backend: ScxBackend, { groups }: SchedulerSpec): number =>
  groups.reduce((sum, group) => sum + backend.adopt(group), 0);

/** Prints what happens, and knows when it is over. */
class Teller {
  readonly #spec: SchedulerSpec;
  readonly #out = new LineWriter(() => this.stop("nobody reads"));
  readonly #intervals = new SchedulerIntervals(Number(process.hrtime.bigint()), groupNames());
  #finish: (alert: CpuAlert | null) => void = () => {};
  #adopted = 0;
  #hasWarned = false;
  #reason: string | null = null;
  /** Resolves with why the scheduler ended by itself, or null when it was told to. */
  readonly over = new Promise<CpuAlert | null>((resolve) => {
    this.#finish = resolve;
  });

  constructor(spec: SchedulerSpec) {
    this.#spec = spec;
  }

  begin(adopted: number): void {
    const { options, durationMs, groups, json } = this.#spec;
    if (json) this.#write(toStart(options, adopted, new Date().toISOString()));
    const which = options.full
      ? "all ordinary tasks"
      : `${adopted} threads of ${groups.length} groups, and whatever asks for SCHED_EXT`;
    say(`scx scheduler loaded: ${which}`);
    if (durationMs !== null) setTimeout(() => this.stop("duration"), durationMs).unref();
  }

  /** Adopts again, and says it when that fails for the first time. */
  tryTo(adopt: () => number): void {
    try {
      this.#adopted += adopt();
    } catch (thrown) {
      if (!this.#hasWarned) say(`WARNING: ${CorralError.from(thrown).toLine()}`);
      this.#hasWarned = true;
    }
  }

  stop(reason: string): void {
    this.#reason ??= reason;
    this.#finish(null);
  }

  onSample(sample: SchedulerSample): void {
    const stats = this.#intervals.take(sample, this.#adopted);
    this.#adopted = 0;
    if (this.#spec.json) this.#write(stats);
    else this.#out.write(statsText(stats, this.#spec.verbose));
  }

  onAlert(alert: CpuAlert): void {
    this.#reason ??= alert.kind;
    if (this.#spec.json) this.#write(toAlert(alert));
    this.#finish(alert);
  }

  end(): void {
    if (this.#spec.json) this.#write({ event: "END", reason: this.#reason ?? "" });
    this.#out.end();
  }

  #write(document: SchedulerDocument): void {
    this.#out.write(`${JSON.stringify(document)}\n`);
  }
}
