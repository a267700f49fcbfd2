/** As groupPerCache of ../steady-llc.mjs, with a way out: a group on the last cache, which the others' workers move to. */
export const straying = ({ topology }) => [
  { name: "wt-cgroup-churn-0", cpuset: { llc: topology.llcs.length - 1 }, works: [] },
  ...topology.llcs.map((_, llc) => ({
    name: `llc-${llc}`,
    cpuset: { llc },
    works: [{ workType: { CgroupChurn: { groups: 1 } }, workersPerCpu: 0.5 }],
  })),
];
