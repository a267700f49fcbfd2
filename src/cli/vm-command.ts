import { runInVm } from "../../vm/index.ts";
import { CorralError } from "../report/index.ts";
import { oneOf, wholeNumber } from "../run/settings/index.ts";
import type { vmRunFlags } from "./commands.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { say, writeText } from "./output.ts";
import { vmMachine } from "./vm-machine.ts";

type VmFlags = RawFlags<typeof vmRunFlags>;

/** Writes what the guest prints as it comes, whole. */
const passOn = (chunk: Buffer): void => writeText(1, chunk);

/**
 * `corral vm run`: boots a guest, runs one command in it, streams its output.
 * @returns the command's own status, 124 on timeout, 125 when the machine failed
 */
export async function vmRunCommand(flags: VmFlags, command: readonly string[]): Promise<number> {
  if (command.length === 0) {
    throw new CorralError("USAGE", "no command was given", {
      fix: "write it after --, as in: corral vm run -- uname -r",
    });
  }
  const quiet = flags.quiet === true;
  const result = await runInVm({
    command,
    ...vmMachine(flags),
    disks: flags.disks === undefined ? 1 : flagValue("disks", flags.disks, wholeNumber(0, 8)),
    modules: flags.modules === true,
    init: flags.init === undefined ? "plain" : flagValue("init", flags.init, oneOf(["plain", "systemd"])),
    env: guestEnvironment(flags.env ?? []),
    onOutput: passOn,
    onProgress: (message) => {
      if (!quiet) say(message);
    },
  });
  if (result.failure !== null) say(`ERROR: ${result.failure}`);
  if (result.timedOut) say("ERROR: the guest was stopped because its time had run out");
  if (result.failure !== null && result.consoleTail !== null) writeText(2, `${result.consoleTail.trimEnd()}\n`);
  if (!quiet && result.bootMs !== null) {
    say(
      `guest ${result.kernelRelease ?? "of unknown kernel"}: booted in ${seconds(result.bootMs)}, ended after ${seconds(result.durationMs)}`,
    );
  }
  return result.exitStatus;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function guestEnvironment(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      if (at < 1) throw new CorralError("USAGE", "--env expects NAME=VALUE", { object: "--env", found: entry });
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    }),
  );
}
