import { lockAlone } from "../../kernel/files/index.ts";
import { CorralError } from "../../report/index.ts";

/**
 * Makes this process the one policy of a socket, until the answer is called. The lock of a process that died is taken over.
 * @throws CorralError POLICY_RUNNING, STATE_UNWRITABLE
 */
export const lockPolicy = (path: string): (() => void) =>
  lockAlone(
    path,
    "the policy",
    (pid) =>
      new CorralError("POLICY_RUNNING", `another corral policy (pid ${pid}) serves this socket`, {
        object: path,
        found: String(pid),
        fix: "end it first, or give this one another --sock-path and other rules",
      }),
  );
