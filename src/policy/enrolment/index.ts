/**
 * policy/enrolment/: how workloads ask to be told when to act, and how they are told: the server, the client, and the bridge to
 * the original protocol. What may enter: sockets, peers, messages (docs/protocol.md). What it may not know: rules, when
 * to act, records.
 */
export type { EnrolOptions, EnrolState, WorkloadEnrolment } from "./client/enrol.ts";
export { enrol } from "./client/enrol.ts";
export type { ActionAnswer, OnAction, WorkloadAction } from "./client/workload-action.ts";
export type { EnrolmentCounters } from "./server/counters.ts";
export type { EnrolmentServer, EnrolmentServerOptions } from "./server/enrolment-server.ts";
export { serveEnrolments } from "./server/enrolment-server.ts";
export type { ToldStats } from "./server/latest-stats.ts";
export type { EnrolmentLimits } from "./server/limits.ts";
export { defaultEnrolmentLimits } from "./server/limits.ts";
export { clientSocketPaths, serverSocketPath } from "./socket-path.ts";
