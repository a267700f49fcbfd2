import { isSameProcess } from "../kernel/index.ts";
import type { StartRecord } from "./records.ts";

/** A recorded job lives while its Corral or its leader does. */
export const jobIsLive = (record: StartRecord): boolean =>
  isSameProcess(record.corral) || (record.workload !== null && isSameProcess(record.workload));
