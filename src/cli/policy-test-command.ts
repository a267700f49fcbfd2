import type { PolicyTestDocument } from "../policy/replay/index.ts";
import { readRecording, replayPolicy, toTestDocument } from "../policy/replay/index.ts";
import { readRuleFile } from "../policy/rules/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, formatTable, quote } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import type { policyTestFlags } from "./policy-flags.ts";

/** A replay by the same rules that decides otherwise. */
const differs = 1;

/**
 * `corral policy test`: decides a recording again.
 * @returns 0; 1 when a decision differs; 2 when the rules have mistakes
 * @throws CorralError USAGE, CONFIG, RECORDING
 */
export async function policyTestCommand(flags: RawFlags<typeof policyTestFlags>): Promise<number> {
  const file = flags.replay ?? "";
  if (file === "")
    throw new CorralError("USAGE", "policy test needs a recording", { object: "--replay", fix: "give --replay FILE" });
  try {
    const rules = flags.rules === undefined ? null : readRuleFile(flags.rules, false);
    const replayed = await replayPolicy(await readRecording(file), rules);
    const document = toTestDocument(replayed);
    writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : textOf(document));
    return replayed.difference === null ? 0 : differs;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

function textOf({ rules, inputs, decisions, attempts, difference }: PolicyTestDocument): string {
  const rows = attempts.map((one) => [
    one.time,
    one.rule,
    one.action,
    `${one.pid}/${one.generation}`,
    one.comm === null ? "-" : quote(one.comm),
    one.outcome,
    one.reason,
  ]);
  const table =
    rows.length === 0 ? "" : formatTable(["TIME", "RULE", "ACTION", "PID", "COMM", "OUTCOME", "REASON"], rows);
  const verdict =
    rules === "other"
      ? "other rules: what would have been done was taken as done"
      : difference === null
        ? "the same decisions as in the recorded run"
        : `DIFFERS at decision ${difference.decision}:\n  recorded: ${difference.recorded ?? "none"}\n  replayed: ${difference.replayed ?? "none"}`;
  return `${table}${inputs} inputs, ${decisions} decisions, ${attempts.length} attempts; ${verdict}\n`;
}
