import type { ChoiceParameter, NumberParameter, WorkDescription, WorkParameters } from "./description.ts";

/* How the table of work types is written. */

export const count = (fallback: number, about: string, { min = 1, max = 1_000_000_000 } = {}): NumberParameter => ({
  kind: "number",
  fallback,
  min,
  max,
  about,
});

export const choice = <const C extends string>(choices: readonly C[], fallback: NoInfer<C>, about: string) =>
  ({ kind: "choice", choices, fallback, about }) satisfies ChoiceParameter;

/** The number a parameter has; 0 for one that is not there. */
const value = (parameters: WorkParameters, name: string): number => Number(parameters[name] ?? 0);
export const sum =
  (...names: readonly string[]) =>
  (parameters: WorkParameters): number =>
    names.reduce((total, name) => total + value(parameters, name), 0);
export const alone = (): number => 1;
export const pair = (): number => 2;
export const onePlus = (name: string) => (parameters: WorkParameters) => value(parameters, name) + 1;

type Parameters = WorkDescription["parameters"];

/** A row of the table, with the defaults of what is left out; it keeps the exact type of its parameters. */
export const work = <const P extends Parameters>(
  about: string,
  parameters: P,
  rest: Partial<Omit<WorkDescription, "about" | "parameters">> = {},
): Omit<WorkDescription, "parameters"> & { readonly parameters: P } => ({
  about,
  parameters,
  groupSize: alone,
  samples: "none",
  support: "native",
  ...rest,
});

export const spinIters = count(1024, "Iterations of the spin loop per turn.", { min: 0 });
export const burstIters = count(1024, "Iterations of the spin loop before the other is woken.", { min: 0 });
export const members = { max: 4096 };
export const usPerHour = 3_600_000_000;
export const cache = {
  size_kib: count(32, "Size of the buffer; 32 KiB fill a first-level cache.", { max: 4_194_304 }),
  stride: count(64, "Bytes from one touch to the next.", { max: 1_048_576 }),
};
