import { CorralError } from "../../report/index.ts";
import type { Told } from "./host-facts.ts";
import { lastOf } from "./host-facts.ts";
import type { SshAnswer, SshSettings } from "./ssh.ts";
import type { SshTarget } from "./ssh-target.ts";

/** The target as it is written on a command line of ssh. */
const byHand = ({ user, host, port }: SshTarget): string =>
  `${port === null ? "" : `-p ${port} `}${user === null ? "" : `${user}@`}${host}`;

/** What to do about what ssh says. */
const remedies: readonly (readonly [RegExp, (target: SshTarget) => string])[] = [
  [
    /permission denied \(|too many authentication failures/i,
    (target) => `let ssh in without a question: ssh-copy-id ${byHand(target)}, or ssh-add the key`,
  ],
  [/remote host identification has changed/i, () => "find out why, and correct the entry in known_hosts"],
  [/host key verification failed/i, (target) => `connect once by hand and look at its key: ssh ${byHand(target)}`],
  [/could not resolve hostname|name or service not known/i, () => "check the name"],
  [/connection refused/i, () => "check the port, and whether sshd runs there"],
  [/timed out|no route to host|network is unreachable/i, () => "check the address and the network"],
  [/bad configuration option|command-line: line \d/i, () => "correct --ssh-option"],
];

/** The last line of several that says something. */
const lastLine = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .at(-1) ?? "";

/** A line of somebody else's, without what would mean something to a terminal. */
const printable = (text: string): string => text.replace(/[\0-\x1f\x7f-\x9f]/g, "?").slice(0, 500);

/**
 * Why a step on a host has failed: it says so itself, or ssh does.
 * @returns null when it has not
 */
export function explainFailure(
  target: SshTarget,
  { program }: SshSettings,
  { status, err, notStarted, timedOut }: SshAnswer,
  told: Told,
  limitMs: number,
): CorralError | null {
  const object = target.text;
  const fail = (message: string, fix: string): CorralError => {
    const found = printable(lastLine(err));
    return new CorralError("FLEET_HOST", message, { object, fix, ...(found === "" ? {} : { found }) });
  };
  if (notStarted !== null)
    return fail(`${program} cannot be started: ${notStarted}`, "install ssh, or name it with --ssh or CORRAL_SSH");
  const reached = told.has("reached");
  if (timedOut)
    return fail(
      `${reached ? "it was not done" : "it did not answer"} within ${Math.round(limitMs / 1000)} s`,
      `try it by hand: ssh ${byHand(target)} true`,
    );
  if (status === 0 && reached) return null;
  const said = lastOf(told, "failed");
  if (said !== null) return fail(printable(said), printable(lastOf(told, "fix") ?? "look at that host"));
  const words = printable(lastLine(err)) || `ssh ended with status ${status ?? "none"} and said nothing`;
  const remedy = remedies.find(([pattern]) => pattern.test(err))?.[1](target);
  return fail(
    reached ? `the connection broke: ${words}` : words,
    remedy ?? `try it by hand: ssh ${byHand(target)} true`,
  );
}
