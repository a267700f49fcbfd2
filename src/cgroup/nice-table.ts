/** CPU weight of each nice level from −20 to 19 (kernel/sched/core.c, sched_prio_to_weight); 1024 is nice 0. */
const weightOfNice: readonly number[] = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
  1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
];

/** `cpu.shares` that weighs a group as the kernel weighs a task of that nice value. */
export function niceToShares(nice: number): number {
  return weightOfNice[nice + 20] ?? 1024;
}

/** The nice value whose weight is nearest to a cpu weight (100 is nice 0): the fallback where no cpu group can be had. */
export function weightToNice(weight: number): number {
  const nice = -Math.round(Math.log(weight / 100) / Math.log(1.25));
  return Math.min(19, Math.max(-20, nice === 0 ? 0 : nice));
}
