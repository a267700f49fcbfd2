import { processFacts, toPid } from "../kernel/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, parseNumberIn } from "../report/index.ts";
import { stateDirectories } from "../run/index.ts";
import type { OnStop, WatchEvent } from "../run/watch/index.ts";
import {
  explainMatch,
  loadWatchConfig,
  toEventDocument,
  toExplanationDocument,
  WatchSession,
} from "../run/watch/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { holdSignals } from "./hold-signals.ts";
import { say, writeText } from "./output.ts";
import { corralVersion } from "./version.ts";
import type { watchFlags } from "./watch-flags.ts";
import { explanationText, watchLine } from "./watch-lines.ts";

type WatchFlags = RawFlags<typeof watchFlags>;

const defaultFile = "/etc/corral/watch.yaml";

/**
 * `corral watch`: governs processes by rules until it is told to stop.
 * @returns 0; 2 when the file of rules has mistakes
 * @throws CorralError USAGE, CONFIG, PROCESS_GONE, and as WatchSession.open does
 */
export async function watchCommand(flags: WatchFlags): Promise<number> {
  checkFlags(flags);
  const file = flags.config ?? defaultFile;
  try {
    if (flags["check-config"] === true) return checkConfig(file);
    if (flags.explain !== undefined) return explain(file, flags.explain, flags.json === true);
    return await watch(file, flags);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    // As compilers write them, so that editors find the place.
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

/** @throws CorralError USAGE for flags that say two things */
function checkFlags(flags: WatchFlags): void {
  const usage = (flag: string, message: string, fix: string): CorralError =>
    new CorralError("USAGE", `${flag} ${message}`, { object: flag, fix });
  const checks = flags["check-config"] === true;
  if (flags.config === "")
    throw usage("--config", "needs the name of a file", "leave it out for /etc/corral/watch.yaml");
  if (checks && flags.explain !== undefined)
    throw usage("--explain", "does not go with --check-config", "give one of them");
  if (checks && flags.json === true) throw usage("--json", "does not go with --check-config", "leave it out");
  if ((checks || flags.explain !== undefined) && flags["on-stop"] !== undefined)
    throw usage("--on-stop", "is for a watch that runs", "leave it out");
}

function checkConfig(file: string): number {
  const { rules, file: name } = loadWatchConfig(file);
  writeText(1, `${name}: ok, ${rules.length} ${rules.length === 1 ? "rule" : "rules"}\n`);
  return 0;
}

function explain(file: string, text: string, json: boolean): number {
  const pid = flagValue("explain", text, (digits) => parseNumberIn(digits, 1, 4_194_304, { integer: true }));
  const config = loadWatchConfig(file);
  const facts = processFacts(toPid(pid));
  if (facts.stat === null)
    throw new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: String(pid) });
  const explanation = explainMatch(config, facts);
  writeText(
    1,
    json ? `${JSON.stringify(toExplanationDocument(explanation), null, 2)}\n` : explanationText(explanation),
  );
  return 0;
}

/** Tells events in the form that was asked for. Nothing that goes wrong with it may disturb the watch. */
function teller({ json, quiet }: WatchFlags): (event: WatchEvent) => void {
  let complained = false;
  return (event) => {
    try {
      if (json === true) writeText(1, `${JSON.stringify(toEventDocument(event, new Date().toISOString()))}\n`);
      else if (quiet !== true) say(watchLine(event));
    } catch (thrown) {
      if (!complained && quiet !== true) say(`WARNING: ${CorralError.from(thrown).toLine()}`);
      complained = true;
    }
  };
}

async function watch(file: string, flags: WatchFlags): Promise<number> {
  const onStop = flagValue("on-stop", flags["on-stop"] ?? "keep", toOnStop);
  const signals = holdSignals();
  const session = await WatchSession.open({
    file,
    version: corralVersion(),
    environment: process.env,
    directories: stateDirectories(process.env, process.getuid?.() ?? 0),
    cgroupParent: process.env["CORRAL_CGROUP_PARENT"] || null,
    onEvent: teller(flags),
  });
  const signal = await signals.handOver(() => void session.reload());
  await session.close(signal, onStop);
  return 0;
}

function toOnStop(text: string): OnStop {
  if (text === "keep" || text === "release") return text;
  throw new RangeError(`expects keep or release, not ${JSON.stringify(text)}`);
}
