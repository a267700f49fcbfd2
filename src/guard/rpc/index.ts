/**
 * guard/rpc/: what clients may ask of the guard: HTTP and JSON on a unix socket, each request judged by who the kernel says
 * asks. What may enter: the guard as an interface. What it may not know: the cgroup file system, flags, terminals.
 */
export type { Caller } from "./authorise.ts";
export { callerOf } from "./caller.ts";
export type { RpcHandler, RpcOptions, RpcRequest, RpcServer } from "./http-server.ts";
export { serveRpc } from "./http-server.ts";
export type { GuardFace } from "./routes.ts";
export { answer } from "./routes.ts";
