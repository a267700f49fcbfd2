import { nativeErrno, setAffinity } from "../../../kernel/index.ts";
import { applyAttributes, startThreads, startWorkers } from "../../workers/index.ts";
import type { WorkerSource } from "../ports.ts";

/** Workers of `corral-worker load`. @param killMs how long one that was killed may take to end */
export const hostWorkers = (killMs: number): WorkerSource => ({
  start: (plan) => startWorkers(plan, { killMs }),
  startThreads: (pcomm, plans) => startThreads(pcomm, plans, { killMs }),
  setAttributes: applyAttributes,
  setAffinity: (pid, cpus) => {
    try {
      setAffinity(pid, cpus);
      return null;
    } catch (thrown) {
      const errno = nativeErrno(thrown);
      if (errno === null) throw thrown;
      return errno;
    }
  },
});
