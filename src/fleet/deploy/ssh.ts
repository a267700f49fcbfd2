import { spawn } from "node:child_process";
import { errnoOf } from "../../report/index.ts";
import { bootstrap } from "./shell.ts";
import type { SshTarget } from "./ssh-target.ts";

/** How hosts are reached: with the user's own ssh, its configuration, agent and keys. */
export interface SshSettings {
  /** The program, looked for on PATH. */
  readonly program: string;
  /** `KEY=VALUE` as of ssh's -o. */
  readonly options: readonly string[];
}

/** What came of one call. */
export interface SshAnswer {
  /** Null when it was ended because its time was over, or by a signal. */
  readonly status: number | null;
  readonly out: string;
  /** The end of what ssh, and the host, said on stderr. */
  readonly err: string;
  /** Why ssh itself could not be started. */
  readonly notStarted: string | null;
  readonly timedOut: boolean;
}

/** What a host may tell; more is not read. */
const maxOutChars = 256 * 1024;
const maxErrChars = 8 * 1024;

/** Nobody is there to be asked; and whoever asked for something else comes first, which is what counts for ssh. */
const ourOptions = ["BatchMode=yes", "ConnectTimeout=10"];

/** The words before the command: options of the user, ours, and where to. */
export const sshWords = ({ user, host, port }: SshTarget, { options }: SshSettings): readonly string[] => [
  ...[...options, ...ourOptions].flatMap((option) => ["-o", option]),
  ...(port === null ? [] : ["-p", String(port)]),
  user === null ? host : `${user}@${host}`,
];

async function call(
  program: string,
  words: readonly string[],
  input: readonly Buffer[],
  limitMs: number,
): Promise<SshAnswer> {
  const child = spawn(program, words, { stdio: "pipe" });
  let [out, err, timedOut] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out = (out + text).slice(0, maxOutChars)));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err = (err + text).slice(-maxErrChars)));
  // Whoever does not read to the end has said why.
  child.stdin.on("error", () => {});
  for (const part of input) child.stdin.write(part);
  child.stdin.end();
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, limitMs);
  try {
    return await new Promise((resolve) => {
      child.on("error", (error) =>
        resolve({ status: null, out, err, timedOut, notStarted: errnoOf(error) ?? error.message }),
      );
      child.on("close", (status) => resolve({ status, out, err, timedOut, notStarted: null }));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a script on a host, with data on its standard input. Never rejects. */
export function runOnHost(
  target: SshTarget,
  settings: SshSettings,
  script: string,
  data: Buffer,
  limitMs: number,
): Promise<SshAnswer> {
  const bytes = Buffer.from(script);
  const words = ["-T", ...sshWords(target, settings), bootstrap(bytes.length)];
  return call(settings.program, words, [bytes, data], limitMs);
}

/** Where ssh goes for this name, as its configuration says; the name itself when that cannot be known. */
export async function resolveHost(target: SshTarget, settings: SshSettings): Promise<string> {
  const { status, out } = await call(settings.program, ["-G", ...sshWords(target, settings)], [], 10_000);
  return (status === 0 ? /^hostname (\S+)$/m.exec(out)?.[1] : undefined) ?? target.host;
}
