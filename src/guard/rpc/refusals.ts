import { CorralError, quote } from "../../report/index.ts";
import type { Caller } from "./authorise.ts";

/** @param fix see fixFor */
export const denied = (message: string, fix: string): CorralError => new CorralError("GUARD_DENIED", message, { fix });

/** What helps who is refused: for who is confined to a session being root, or its owner, is not enough. */
export const fixFor = ({ inside }: Caller, fix: string): string =>
  inside === null ? fix : `this process is inside of the session ${quote(inside)}: ask from outside of all sessions`;

/** The same for a session that there is not and one that is none of his business. */
export const hidden = (name: string, { inside }: Caller): CorralError =>
  new CorralError("SESSION_NOT_FOUND", `there is no session ${quote(name)}`, {
    object: name,
    ...(inside === null || inside === name ? {} : { fix: `inside of the session ${quote(inside)} no other is seen` }),
  });
