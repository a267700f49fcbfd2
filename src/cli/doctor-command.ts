import { isatty } from "node:tty";
import { probeVm } from "../../vm/index.ts";
import type { Finding, Look } from "../doctor/index.ts";
import { examineHost, judgeVm, plainLook, renderReport, toDocument } from "../doctor/index.ts";
import { stateDirectories } from "../run/index.ts";
import type { doctorFlags } from "./commands.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";

/** Width of the table where no terminal tells one. */
const defaultWidth = 120;

/**
 * `corral doctor`: probes the host and prints every capability.
 * @returns 0, whatever was found
 */
export async function doctorCommand(flags: RawFlags<typeof doctorFlags>): Promise<number> {
  const { env } = process;
  const started = performance.now();
  const release = holdSignals();
  const { runtime, results } = stateDirectories(env, process.getuid?.() ?? 0);
  const [host, vm] = await Promise.all([
    examineHost({
      env,
      cgroupParent: env["CORRAL_CGROUP_PARENT"] || null,
      directories: { "runtime directory": runtime, "results directory": results },
    }),
    examineVm(),
  ]).finally(release);
  const examination = { ...host, findings: [...host.findings, ...vm] };
  if (flags.json === true) {
    const document = toDocument(examination, new Date(), performance.now() - started);
    writeText(1, `${JSON.stringify(document, null, 2)}\n`);
  } else writeText(1, renderReport(examination.findings, examination.summary, await chooseLook(env)));
  return 0;
}

/** Lets the probes take back what they made before a signal ends this process; call the result to let signals through. */
function holdSignals(): () => void {
  let received: NodeJS.Signals | null = null;
  const hold = (signal: NodeJS.Signals): void => {
    received = signal;
  };
  const held = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of held) process.on(signal, hold);
  return () => {
    for (const signal of held) process.off(signal, hold);
    if (received !== null) process.kill(process.pid, received);
  };
}

const examineVm = async (): Promise<readonly Finding[]> => judgeVm(await probeVm());

/** Symbols and colours on a terminal, words elsewhere and with NO_COLOR (no-color.org). */
async function chooseLook(env: NodeJS.ProcessEnv): Promise<Look> {
  if (!isatty(1)) return plainLook(Number(env["COLUMNS"]) || defaultWidth);
  const width = process.stdout.columns || defaultWidth;
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return plainLook(width);
  const { createColors } = (await import("picocolors")).default;
  const { green, yellow, red, dim, bold } = createColors(true);
  const colours = { yes: green, partly: yellow, no: red, unknown: dim };
  return {
    width,
    status: { yes: "✓", partly: "~", no: "✗", unknown: "?" },
    title: bold,
    colour: (status, text) => colours[status](text),
    faint: dim,
  };
}
