/** What things cost here, over what they cost on a machine of nominal speed. */
export interface DilationCosts {
  /** Computing: the quickest round, which load beside it hardly touches, and the median. */
  readonly computeBest: number;
  readonly compute: number;
  /** The same while every CPU computes, mean: a guest's CPUs may be fewer than it is told. Null: not measured, for it is no slow machine. */
  readonly computeBusy: number | null;
  /** How late a sleep ends, median. */
  readonly timer: number;
  /** Making a process and waiting for its end, median. */
  readonly process: number;
}

/** How much slower time is here, and how that is known. */
export interface Dilation {
  /** How much slower computing is: limits in time of checks are multiplied by it; 1: this is no slow machine, and nothing is changed. */
  readonly factor: number;
  /** How much less workers get done, with every CPU busy: rates that checks ask for are divided by it; 1 exactly where the factor is. */
  readonly rateFactor: number;
  /** How much slower set-up is, which makes processes: what waits for something is patient by it; 1 exactly where the factor is. */
  readonly setupFactor: number;
  /** measured: when the run began; given: by who asked for the run; unknown: it could not be measured, and 1 was taken. */
  readonly source: "measured" | "given" | "unknown";
  /** Null: not measured. */
  readonly costs: DilationCosts | null;
}

/** What was done about it in a run. */
export interface DilationRecord extends Dilation {
  /** The engine's own limits in time as they held, milliseconds, by name. */
  readonly limitsMs: Readonly<Record<string, number>>;
  /** Time outside of settling and holds that the scenario's duration did not count; 0 with a factor of 1, where all counts. */
  readonly uncountedMs: number;
}
