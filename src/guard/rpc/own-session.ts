import { CorralError } from "../../report/index.ts";
import type { Caller } from "./authorise.ts";

/** The session that a client acts for without naming it: the one it is in, else the one whose token it shows. */
export const ownSession = ({ inside, bearer }: Caller): string | null => inside ?? bearer;

/**
 * The session that a request is about when it may leave the name out: the one it names, else its client's own.
 * @throws CorralError SESSION_NOT_FOUND
 */
export function nameOrOwn(named: string | null | undefined, own: string | null, what: string): string {
  const name = named ?? own;
  if (name !== null) return name;
  throw new CorralError("SESSION_NOT_FOUND", `${what} names no session, and its client is in none`, {
    object: "session",
    fix: "name one with --session",
  });
}
