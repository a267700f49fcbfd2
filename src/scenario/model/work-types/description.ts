/** A whole number; its unit is the end of its name (`_us`, `_ms`, `_kib`, `_hz`), or it is a count. */
export interface NumberParameter {
  readonly kind: "number";
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

/** One of a closed set of words. */
export interface ChoiceParameter {
  readonly kind: "choice";
  readonly choices: readonly string[];
  readonly fallback: string;
  readonly about: string;
}

/** A list in the kernel's form (`0-3,6`); an empty one stands for what `about` says. */
interface ListParameter {
  readonly kind: "list";
  readonly about: string;
}

/** The name of a group of the scenario; it has no default. */
interface GroupParameter {
  readonly kind: "group";
  readonly about: string;
}

export type WorkParameter = NumberParameter | ChoiceParameter | ListParameter | GroupParameter;

/** Values of all parameters, defaults filled in. */
export type WorkParameters = Readonly<Record<string, number | string>>;

/**
 * native: the worker program does it. later: it has its name and parameters, and is refused as not supported yet.
 * module: a function of the user's does it, in processes of its own.
 */
export type WorkSupport = "native" | "later" | "module";

/** Kinds of latencies, see `WorkSamples`. */
export const workLatencies = ["none", "wake", "cost", "timer"] as const;
export type WorkLatencies = (typeof workLatencies)[number];

/**
 * What is measured beside counters. wake: from what wakes a worker to its running. cost: of one iteration.
 * timer: from a deadline to the return from the sleep. own: the function tells. none: counters only.
 */
export type WorkSamples = WorkLatencies | "own";

/** One kind of work. */
export interface WorkDescription {
  readonly about: string;
  readonly parameters: Readonly<Record<string, WorkParameter>>;
  /** Workers that work together: the number of workers must be a multiple of it. */
  readonly groupSize: (parameters: WorkParameters) => number;
  readonly samples: WorkSamples;
  readonly support: WorkSupport;
}
