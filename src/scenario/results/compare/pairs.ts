import type { ScenarioDocument } from "../document/schema.ts";

/** What can be different between two sides beside the scenario. */
export const dimensions = ["where", "kernel", "machine", "topology", "scheduler"] as const;
export type Dimension = (typeof dimensions)[number];

const dimensionOf = ({ where, host }: ScenarioDocument, dimension: Dimension): string =>
  dimension === "where" ? where : (host[dimension] ?? "kernel's own");

const valuesOf = (runs: readonly ScenarioDocument[], dimension: Dimension): string[] =>
  [...new Set(runs.map((run) => dimensionOf(run, dimension)))].toSorted();

export interface Difference {
  readonly dimension: Dimension;
  readonly a: readonly string[];
  readonly b: readonly string[];
}

export interface Pair {
  /** Scenario and, where both sides have several, where it ran: `steady [topology=1n1l2c1t]`. */
  readonly name: string;
  readonly a: readonly ScenarioDocument[];
  readonly b: readonly ScenarioDocument[];
}

/** A scenario that b has runs of, and none of them counts. */
export interface Broken {
  readonly name: string;
  /** Runs of a that passed, and of b that failed. */
  readonly passedA: number;
  readonly failedB: number;
}

export interface Pairing {
  /** In what the sides differ: that is what is compared. */
  readonly differences: readonly Difference[];
  readonly pairs: readonly Pair[];
  /** Scenarios that only b or only a has. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Scenarios that passed in a, and of which b has nothing but failures: each is a regression. */
  readonly broken: readonly Broken[];
  /** Runs left out, for they failed or were skipped. */
  readonly excluded: { readonly a: number; readonly b: number };
}

const counts = ({ verdict }: ScenarioDocument): boolean => verdict === "pass" || verdict === "inconclusive";

/**
 * Which runs are compared with which: those of one scenario whose sides agree in every dimension that the sides as a whole
 * agree in. A dimension in which they differ is what is compared. Runs that failed or were skipped are left out.
 */
export function pairRuns(a: readonly ScenarioDocument[], b: readonly ScenarioDocument[]): Pairing {
  const compared = dimensions.map((dimension) => ({ dimension, a: valuesOf(a, dimension), b: valuesOf(b, dimension) }));
  const differences = compared.filter((one) => one.a.join("\n") !== one.b.join("\n"));
  const slicing = new Set(differences.map(({ dimension }) => dimension));
  const telling = compared.filter((one) => !slicing.has(one.dimension) && one.a.length > 1);
  const nameOf = (run: ScenarioDocument): string => {
    const words = telling.map(({ dimension }) => `${dimension}=${dimensionOf(run, dimension)}`);
    return words.length === 0 ? run.scenario : `${run.scenario} [${words.join(" ")}]`;
  };
  const names = (runs: readonly ScenarioDocument[]): string[] => [...new Set(runs.map(nameOf))];
  const having = (runs: readonly ScenarioDocument[], name: string) =>
    runs.filter((run) => counts(run) && nameOf(run) === name);
  const judged = (runs: readonly ScenarioDocument[], name: string, verdict: ScenarioDocument["verdict"]): number =>
    runs.filter((run) => run.verdict === verdict && nameOf(run) === name).length;
  const [inA, inB] = [new Set(names(a)), new Set(names(b))];
  const inBoth = [...inA].filter((name) => inB.has(name));
  return {
    differences,
    broken: inBoth
      .filter((name) => having(b, name).length === 0)
      .map((name) => ({ name, passedA: judged(a, name, "pass"), failedB: judged(b, name, "fail") }))
      .filter(({ passedA, failedB }) => passedA > 0 && failedB > 0),
    pairs: inBoth
      .map((name) => ({ name, a: having(a, name), b: having(b, name) }))
      .filter((pair) => pair.a.length > 0 && pair.b.length > 0),
    added: [...inB].filter((name) => !inA.has(name)),
    removed: [...inA].filter((name) => !inB.has(name)),
    excluded: { a: a.filter((run) => !counts(run)).length, b: b.filter((run) => !counts(run)).length },
  };
}
