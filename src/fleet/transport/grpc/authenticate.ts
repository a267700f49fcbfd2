import { createHash, timingSafeEqual } from "node:crypto";
import type { ServerInterceptor } from "@grpc/grpc-js";
import { ServerInterceptingCall, status } from "@grpc/grpc-js";
import { quote } from "../../../report/index.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares in a time that says nothing about the token. */
function isToken(header: string, token: string): boolean {
  const said = /^Bearer +(.+)$/i.exec(header)?.[1] ?? "";
  return timingSafeEqual(digest(said), digest(token));
}

/** What a server wants of its callers, and whom it tells of them. */
export interface Gatekeeping {
  readonly token: string | null;
  readonly vouch: (peer: string) => void;
  readonly onDenied: (peer: string, why: string) => void;
}

/**
 * Lets nothing of a call through before its caller has proven who it is: not even the messages of a question are read.
 * Certificates were judged before, when the connection was made.
 */
export const authenticate =
  ({ token, vouch, onDenied }: Gatekeeping): ServerInterceptor =>
  (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, go) => {
            const [header] = metadata.get("authorization");
            const peer = call.getPeer();
            if (token === null || (typeof header === "string" && isToken(header, token))) {
              vouch(peer);
              return go(metadata);
            }
            const why = header === undefined ? "no token was given" : "the token is not the right one";
            onDenied(quote(peer), why);
            return call.sendStatus({ code: status.UNAUTHENTICATED, details: why });
          },
        }),
    });
