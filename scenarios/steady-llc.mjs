/** A group for each last-level cache, one worker per CPU of it. */
export default ({ topology }) =>
  topology.llcs.map((_, llc) => ({
    name: `llc-${llc}`,
    cpuset: { llc },
    works: [{ workersPerCpu: 1 }],
  }));
