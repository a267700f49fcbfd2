/** A group for each last-level cache, one worker per CPU of it. */
export const groupPerCache = ({ topology }) =>
  topology.llcs.map((_, llc) => ({
    name: `llc-${llc}`,
    cpuset: { llc },
    works: [{ workersPerCpu: 1 }],
  }));
