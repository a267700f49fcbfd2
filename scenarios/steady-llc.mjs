/** A group for each last-level cache, with one worker for every two CPUs of it. */
export const groupPerCache = ({ topology }) =>
  topology.llcs.map((_, llc) => ({
    name: `llc-${llc}`,
    cpuset: { llc },
    works: [{ workersPerCpu: 0.5 }],
  }));
