/*
 * What is used of the client library; the package has it as a file of its own, which is read when a broker is asked for.
 */
export type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
export { JetStreamApiCodes, JetStreamApiError, jetstream, jetstreamManager } from "@nats-io/jetstream";
export type { ConnectionOptions, Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
export {
  AuthorizationError,
  connect,
  createInbox,
  credsAuthenticator,
  headers,
  NoRespondersError,
  nkeyAuthenticator,
  PermissionViolationError,
  RequestError,
} from "@nats-io/transport-node";
