import type { ControllerLimits } from "../model/index.ts";
import type { Link } from "./link.ts";
import { isOver } from "./link.ts";

/** What a link needs at some time: a ping, or to be given up. */
export interface Due {
  readonly atMs: number;
  readonly what: "retry" | "limit" | "ping" | "silent" | "no_reports";
}

/** Anything that came proves that an agent lives, an answer as well as a report. */
function livenessDue(link: Link, { silenceMs, pingMs, pings }: ControllerLimits): Due {
  if (link.pingedMs === null) return { atMs: link.heardMs + silenceMs, what: "ping" };
  return { atMs: link.pingedMs + pingMs, what: link.unanswered < pings ? "ping" : "silent" };
}

/** What is due next of a link, by the monotonic clock; null: nothing ever. */
export function nextDue(link: Link, limits: ControllerLimits): Due | null {
  if (isOver(link)) return null;
  let first: Due | null = link.isOpen ? livenessDue(link, limits) : null;
  const also = (atMs: number | null, what: Due["what"]): void => {
    if (atMs !== null && (first === null || atMs < first.atMs)) first = { atMs, what };
  };
  also(link.retryAtMs, "retry");
  also(link.limitMs, "limit");
  if (link.state === "collecting" && limits.noReportMs !== null)
    also(link.reportedMs + limits.noReportMs, "no_reports");
  return first;
}
