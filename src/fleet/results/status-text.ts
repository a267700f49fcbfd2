import { counted, formatBytes, formatSeconds, formatTable, quote } from "../../report/index.ts";
import type { FleetStatus } from "./documents.ts";

type StatusAgent = FleetStatus["agents"][number];

/** Signed milliseconds, as short as they say something. */
const offsetText = ({ clock_offset_ms: offset, clock_error_ms: error }: StatusAgent): string =>
  offset === null || error === null ? "-" : `${offset.toFixed(3)} ms ± ${error.toFixed(3)}`;

const agentRow = (agent: StatusAgent): readonly string[] => [
  agent.agent_id,
  agent.address,
  agent.state.toUpperCase(),
  String(agent.operations),
  formatBytes(agent.bytes),
  String(agent.errors),
  offsetText(agent),
  agent.start_late_us === null ? "-" : `${agent.start_late_us.toFixed(0)} us`,
];

const heading = ["agent", "address", "state", "operations", "bytes", "errors", "clock", "started late by"] as const;

function failureLines({ agents }: FleetStatus): readonly string[] {
  return agents.flatMap(({ agent_id: id, state, failure }) => {
    if (failure === null || state !== "failed") return [];
    const when =
      failure.after_start_sec === null
        ? "before the start"
        : `${formatSeconds(failure.after_start_sec)} after the start`;
    const where = failure.stage === null ? "" : ` in the stage ${quote(failure.stage)}`;
    return [`${id} failed ${when}${where} while ${failure.during} (${failure.cause}): ${oneLine(failure.message)}`];
  });
}

/** What agents say may be anything. */
const oneLine = (message: string): string => (/^[\x20-\x7e]*$/.test(message) ? message : quote(message, 400));

function skewLine({ start_skew: skew }: FleetStatus): readonly string[] {
  if (skew === null) return [];
  const bound = `off by at most ${skew.error_us.toFixed(0)} us`;
  return [`Start: ${counted(skew.agents, "agent")} within ${skew.spread_us.toFixed(0)} us of each other (${bound})`];
}

function agentsLine(status: FleetStatus): string {
  const { agents_total: total, agents_completed: completed, agents_failed: failed, agents_aborted: aborted } = status;
  const ended = aborted === 0 ? "" : `, ${aborted} ended with the run`;
  return `Agents: ${total} in all, ${completed} completed, ${failed} failed${ended}`;
}

const stageLines = ({ stages }: FleetStatus): readonly string[] =>
  stages.length === 0
    ? []
    : formatTable(
        ["", "stage", "barrier", "completed by", "seconds", "operations", "errors", "begun within"],
        stages.map((stage) => [
          String(stage.number),
          stage.name,
          stage.barrier ? "yes" : "no",
          counted(stage.agents_completed, "agent"),
          stage.wall_sec.toFixed(2),
          String(stage.operations),
          String(stage.errors),
          stage.start_skew === null ? "-" : `${stage.start_skew.spread_us.toFixed(0)} us`,
        ]),
      )
        .trimEnd()
        .split("\n");

const thresholdLines = ({ thresholds }: FleetStatus): readonly string[] =>
  thresholds.map(
    ({ threshold, value, passed }) =>
      `${passed ? "held" : "MISSED"}: ${threshold} (${value === null ? "nothing was measured" : `it is ${Number(value.toPrecision(6))}`})`,
  );

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;

/** STATUS.txt: how a run ended, for people. */
export function statusText(status: FleetStatus): string {
  const { outcome, duration_sec: duration } = status;
  const isGood = outcome === "completed";
  const lines = [
    `TEST STATUS: ${isGood ? "SUCCESS" : "FAILURE"}`,
    `Outcome: ${outcome} (exit status ${status.exit_status ?? "unknown"}): ${oneLine(status.why)}`,
    `Run: ${status.run}`,
    `Ended: ${status.ended_at ?? "not yet"}${duration === null ? "" : ` after ${formatSeconds(duration)}`}`,
    agentsLine(status),
    `Operations: ${status.operations}, and ${status.errors} that failed`,
    ...skewLine(status),
  ];
  const table = formatTable(heading, status.agents.map(agentRow)).trimEnd().split("\n");
  return [
    lines.map((line) => `${line}\n`).join(""),
    section("Stages:", stageLines(status)),
    section("Agents:", table),
    section("Failures:", failureLines(status)),
    section("Thresholds:", thresholdLines(status)),
    section("Warnings:", status.warnings.map(oneLine)),
  ].join("");
}
