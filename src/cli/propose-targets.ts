/** What completion proposes where a process or a job is wanted. Everything is loaded when a shell asks, not before. */

/** Words after the last comma complete the list before it. */
async function proposeInList(partial: string, all: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  const begun = partial.slice(before.length);
  return (await all()).filter((word) => word.startsWith(begun)).map((word) => `${before}${word}`);
}

export const proposePids = (partial: string): Promise<readonly string[]> =>
  proposeInList(partial, async () => {
    const { listPids, processFacts } = await import("../kernel/index.ts");
    return listPids()
      .filter((pid) => pid !== process.pid && processFacts(pid).kernelThread === false)
      .map(String);
  });

export const proposeNames = async (partial: string): Promise<readonly string[]> => {
  const { listPids, processFacts } = await import("../kernel/index.ts");
  const names = listPids().flatMap((pid) => {
    const { stat, kernelThread } = processFacts(pid);
    return stat === null || kernelThread !== false ? [] : [stat.comm];
  });
  return [...new Set(names)].filter((name) => name.startsWith(partial)).sort();
};

export const proposeJobIds = (partial: string): Promise<readonly string[]> =>
  proposeInList(partial, async () => (await import("./job-arguments.ts")).jobIdsForCompletion());
