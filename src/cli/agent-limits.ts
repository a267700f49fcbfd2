import type { AgentLimits } from "../fleet/model/index.ts";
import { parseDurationMs } from "../report/index.ts";
import type { agentFlags } from "./agent-flags.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";

type Flags = RawFlags<typeof agentFlags>;

const durationOrNone = (text: string): number | null => (text === "none" ? null : parseDurationMs(text));

/** The time limits that flags set. @throws CorralError USAGE */
export function limitsOf(flags: Flags): Partial<AgentLimits> {
  const start = flags["start-timeout"];
  const prepare = flags["prepare-timeout"];
  const ready = flags["ready-timeout"];
  const report = flags["report-interval"];
  return {
    ...(start === undefined ? {} : { firstMessageMs: flagValue("start-timeout", start, parseDurationMs) }),
    ...(prepare === undefined ? {} : { prepareMs: flagValue("prepare-timeout", prepare, durationOrNone) }),
    ...(ready === undefined ? {} : { readyMs: flagValue("ready-timeout", ready, parseDurationMs) }),
    ...(report === undefined ? {} : { reportMs: flagValue("report-interval", report, parseDurationMs) }),
  };
}

const signed = (text: string): number =>
  text.startsWith("-") ? -parseDurationMs(text.slice(1)) : parseDurationMs(text);

/** How far the clock is to be ahead of what it is. @throws CorralError USAGE */
export const clockAheadMs = ({ "clock-offset": offset }: Flags): number =>
  offset === undefined ? 0 : flagValue("clock-offset", offset, signed);
