/** CPUs that a group was given; null: it inherits. */
type Given = readonly number[] | null;

/**
 * CPUs that a group really has (cgroup-v2.rst, cpuset.cpus.effective): those it was given, cut to those of the groups above. One
 * that has nothing in common with what is above counts for nothing.
 * @param line what the groups of its path were given, the group itself first
 * @returns null: none was given any
 */
export const effectiveCpus = (line: readonly Given[]): Given =>
  line.reduceRight<Given>((above, own) => {
    if (own === null || above === null) return own ?? above;
    const shared = own.filter((cpu) => above.includes(cpu));
    return shared.length > 0 ? shared : above;
  }, null);
