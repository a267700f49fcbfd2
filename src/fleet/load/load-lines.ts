import type { AgentMessage, FinalReport, WorkReport } from "../model/index.ts";
import { agentBytes } from "../wire/index.ts";

/** What the process of a load generator says, line by line on stdout. */
export type LoadLine =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "prepared" }
  /** CLOCK_MONOTONIC in nanoseconds. */
  | { readonly kind: "began"; readonly atNs: bigint }
  | { readonly kind: "report"; readonly report: WorkReport }
  | { readonly kind: "done"; readonly result: FinalReport }
  | { readonly kind: "failed"; readonly why: string };

const rest = { actualStartNs: 0n, elapsedMs: 0, sequence: 0n };

/** Figures go as the messages that will carry them. */
const figures = (message: AgentMessage): string => Buffer.from(agentBytes.encode("", message)).toString("base64");

export function formatLoadLine(line: LoadLine): string {
  switch (line.kind) {
    case "progress":
      return `progress ${line.done} ${line.total}\n`;
    case "prepared":
      return "prepared\n";
    case "began":
      return `began ${line.atNs}\n`;
    case "report":
      return `report ${figures({ kind: "running", ...line.report, ...rest })}\n`;
    case "done":
      return `done ${figures({ kind: "completed", ...line.result, result: "", ...rest })}\n`;
    case "failed":
      return `failed ${JSON.stringify(line.why)}\n`;
  }
}

/** Null: it is none. */
export function parseLoadLine(text: string): LoadLine | null {
  const [, kind, words = ""] = /^(\w+) ?(.*)$/.exec(text) ?? [];
  if (kind === "prepared") return { kind };
  if (kind === "progress") {
    const [done = 0, total = 0] = words.split(" ").map(Number);
    return { kind, done, total };
  }
  if (kind === "began") return { kind, atNs: BigInt(words) };
  if (kind === "failed") return { kind, why: String(JSON.parse(words)) };
  const message = agentBytes.decode(Buffer.from(words, "base64"));
  if (typeof message === "string") return null;
  if (kind === "report" && message.kind === "running") {
    const { totals, intervals } = message;
    return { kind, report: { totals, intervals } };
  }
  if (kind !== "done" || message.kind !== "completed") return null;
  const { totals, intervals, wallMs, cells, prepare } = message;
  return { kind, result: { totals, intervals, wallMs, cells, prepare } };
}
