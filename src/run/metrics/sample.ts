/** One line of the Prometheus text. */
export interface Sample {
  /** Appended to the family's name, as the parts of a histogram have it. */
  readonly suffix: "" | "_bucket" | "_sum" | "_count";
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a histogram is told of. */
export interface Distribution {
  /** Upper bounds of the buckets, each included, growing. */
  readonly boundsSec: readonly number[];
  /** Per bucket, not cumulative: as many as there are bounds, and one for the rest. */
  readonly counts: readonly number[];
  readonly sumSec: number;
}

export const sample = (value: number, labels: Sample["labels"] = {}): Sample => ({ suffix: "", labels, value });

/** The cumulative buckets of a histogram, with their bounds as Prometheus spells them. */
export function cumulativeBuckets(distribution: Distribution): readonly (readonly [le: string, count: number])[] {
  const bounds = [...distribution.boundsSec.map(String), "+Inf"];
  let count = 0;
  return bounds.map((le, at) => {
    count += distribution.counts[at] ?? 0;
    return [le, count];
  });
}

/** The samples of one histogram. */
export function histogramSamples(distribution: Distribution, labels: Sample["labels"] = {}): readonly Sample[] {
  const buckets = cumulativeBuckets(distribution);
  const total = buckets.at(-1)?.[1] ?? 0;
  return [
    ...buckets.map(([le, value]): Sample => ({ suffix: "_bucket", labels: { ...labels, le }, value })),
    { suffix: "_sum", labels, value: distribution.sumSec },
    { suffix: "_count", labels, value: total },
  ];
}
