/*
 * How latencies of operations are kept and added up: the layout of an HDR histogram (whole microseconds from 1 to one hour,
 * three significant digits), few of whose buckets have anything. Percentiles are always those of what was added up, never
 * an average of percentiles. Pure; knows neither wire nor files.
 */

export { Latencies } from "./latencies.ts";
export type { LatencyFigures } from "./latency-table.ts";
export { LatencyTable } from "./latency-table.ts";
export { highestUs, indexCount, indexOf, lowestOf, midOf } from "./layout.ts";
