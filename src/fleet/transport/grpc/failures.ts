import { Metadata, status } from "@grpc/grpc-js";
import { CorralError, quote } from "../../../report/index.ts";
import { whyBroken, whyUnreachable } from "./why-unreachable.ts";

/** What the library says of the end of a call. */
export interface CallStatus {
  readonly code: status;
  readonly details: string;
}

/** As a server says it. */
export const refusal = (code: status, details: string): Error & { code: status; details: string; metadata: Metadata } =>
  Object.assign(new Error(details), { code, details, metadata: new Metadata() });

/** Longest text of the other side that is told. */
const maxDetails = 300;

const told = (details: string): string => (details === "" ? "no reason was told" : quote(details, maxDetails));

const unreachable = (target: string, details: string): CorralError =>
  new CorralError("FLEET_UNREACHABLE", `${target} cannot be reached: ${whyUnreachable(details) ?? told(details)}`, {
    object: target,
    found: details,
    fix: "check that an agent runs there, its port, and both sides' TLS files",
  });

/** The end of a call as an error. `wasOpen`: the other side had taken it. */
export function callError(target: string, { code, details }: CallStatus, wasOpen: boolean): CorralError {
  const parts = { object: target, found: details };
  if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED)
    return new CorralError("FLEET_DENIED", `${target} does not know us: ${told(details)}`, {
      ...parts,
      fix: "give the token, or the certificate, that it asks for",
    });
  if (code === status.RESOURCE_EXHAUSTED)
    return new CorralError("FLEET_MESSAGE", `a message to or from ${target} is too large: ${told(details)}`, {
      ...parts,
      fix: "make the configuration smaller",
    });
  if (!wasOpen && code === status.FAILED_PRECONDITION)
    return new CorralError("FLEET_BUSY", `${target} takes no run now: ${told(details)}`, {
      ...parts,
      fix: "try again when its run has ended; corral fleet ping shows what it does",
    });
  if (!wasOpen && code === status.ABORTED)
    return new CorralError("FLEET_UNREACHABLE", `${target} takes no run yet: ${told(details)}`, {
      ...parts,
      fix: "try again when it has",
    });
  if (!wasOpen) return unreachable(target, details);
  return new CorralError("FLEET_LOST", `the stream with ${target} has broken: ${whyBroken(details) ?? told(details)}`, {
    ...parts,
    fix: "look at the other side's log",
  });
}
