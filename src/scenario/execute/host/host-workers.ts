import { nativeErrno, setAffinity } from "../../../kernel/index.ts";
import { applyAttributes, startThreads, startWorkers } from "../../workers/index.ts";
import type { WorkerSource } from "../ports.ts";

/** Workers of `corral-worker load`. */
export const hostWorkers: WorkerSource = {
  start: (plan) => startWorkers(plan),
  startThreads,
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
};
