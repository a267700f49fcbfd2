import { CorralError, quote } from "../../../report/index.ts";
import { AuthorizationError, NoRespondersError, PermissionViolationError, RequestError } from "./nats-client.ts";

/** Longest text of another program that is told. */
const maxDetails = 300;

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const causeOf = (thrown: unknown): unknown =>
  thrown instanceof RequestError && thrown.cause !== undefined ? thrown.cause : thrown;

/** Whether nobody listens where something was asked. */
export const isNobodyThere = (thrown: unknown): boolean => causeOf(thrown) instanceof NoRespondersError;

/** Why there is no connection to a broker, or no use in one. */
export function brokerError(broker: string, thrown: unknown): CorralError {
  if (thrown instanceof CorralError) return thrown;
  const found = messageOf(thrown);
  const parts = { object: broker, found, cause: thrown };
  const cause = causeOf(thrown);
  if (cause instanceof AuthorizationError || cause instanceof PermissionViolationError)
    return new CorralError("FLEET_DENIED", `${broker} does not let us: ${quote(found, maxDetails)}`, {
      ...parts,
      fix: "give the user, the token or the credentials that the broker knows, with the rights of docs/fleet-nats.md",
    });
  return new CorralError("FLEET_UNREACHABLE", `${broker} cannot be used: ${quote(found, maxDetails)}`, {
    ...parts,
    fix: "check the address and the TLS files, and that nats-server runs there with JetStream",
  });
}

/** Why a question to an agent has no answer. */
export function questionError(agent: string, broker: string, thrown: unknown): CorralError {
  if (isNobodyThere(thrown))
    return new CorralError("FLEET_UNREACHABLE", `${agent} cannot be reached: no agent of this name is at ${broker}`, {
      object: agent,
      fix: "start it with corral agent --nats, for the same --fleet",
    });
  const error = brokerError(broker, thrown);
  if (error.code === "FLEET_DENIED") return error;
  return new CorralError("FLEET_UNREACHABLE", `${agent} cannot be reached: ${quote(messageOf(thrown), maxDetails)}`, {
    object: agent,
    fix: "check that the agent runs, and look at its log",
    cause: thrown,
  });
}

interface OpenRefusal {
  readonly refused: string;
  readonly isPassing: boolean;
}

/** Why an agent does not take a stream: another attempt may be taken soon, or would end like this one. */
export function refusedError(agent: string, { refused: found, isPassing }: OpenRefusal): CorralError {
  const why = quote(found, maxDetails);
  if (isPassing)
    return new CorralError("FLEET_UNREACHABLE", `${agent} takes no run yet: ${why}`, {
      object: agent,
      found,
      fix: "try again when it has",
    });
  return new CorralError("FLEET_BUSY", `${agent} takes no run now: ${why}`, {
    object: agent,
    found,
    fix: "try again when its run has ended; corral fleet ping shows what it does",
  });
}

export const lostError = (peer: string, why: string): CorralError =>
  new CorralError("FLEET_LOST", `the stream with ${peer} has broken: ${quote(why, maxDetails)}`, {
    object: peer,
    found: why,
    fix: "look at the other side's log",
  });

export const givenUpError = (peer: string, why: string): CorralError =>
  new CorralError("FLEET_UNREACHABLE", `${peer} cannot be reached: ${quote(why, maxDetails)}`, {
    object: peer,
    found: why,
    fix: "check that an agent of this name runs, for the same --fleet",
  });

export const tooLargeError = (peer: string, bytes: number, limit: number): CorralError =>
  new CorralError("FLEET_MESSAGE", `a message of ${bytes} bytes is larger than ${limit}`, {
    object: peer,
    fix: "make the configuration smaller, or the broker's max_payload larger",
  });
