/** Exactly one of these keys, with its value: `{ llc: 0 }`. */
export type OneOf<T> = { readonly [K in keyof T]: { readonly [P in K]: T[P] } }[keyof T];

/** A duration with its unit: `"500ms"`, `"1.5s"`, `"2m"`. */
export type Duration = `${number}${"ns" | "us" | "ms" | "s" | "m" | "h"}`;

/** CPUs or memory nodes: the kernel's form (`"0-3,6"`), or their numbers. */
export type NumberList = string | readonly number[];

/**
 * A function in a module: data, so that a scenario can be sent to another host. It is loaded where the scenario runs.
 */
export interface ModuleReference {
  /** Path of an ES module, relative to the scenario's file (or to the working directory, without a file). */
  readonly module: string;
  /** Name of the exported function. Default `"default"`. */
  readonly export?: string;
}
