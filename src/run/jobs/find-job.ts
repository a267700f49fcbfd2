import { readdirSync } from "node:fs";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";

/** Which job a text names. */
export type JobMatch =
  | { readonly kind: "found"; readonly jobId: string }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly kind: "none" };

function onlyOne(candidates: readonly string[]): JobMatch {
  const [first, ...others] = candidates;
  if (first === undefined) return { kind: "none" };
  return others.length === 0 ? { kind: "found", jobId: first } : { kind: "ambiguous", candidates };
}

/**
 * The job that a text names: its whole id, or a beginning that fits no other. Live jobs come first: a beginning that
 * fits one of them means it, however many ended jobs it fits as well.
 */
export function matchJob(text: string, live: readonly string[], ended: readonly string[]): JobMatch {
  if (live.includes(text) || ended.includes(text)) return { kind: "found", jobId: text };
  const beginsSo = (ids: readonly string[]): string[] =>
    text === "" ? [] : [...new Set(ids)].filter((id) => id.startsWith(text)).sort();
  const match = onlyOne(beginsSo(live));
  return match.kind === "none" ? onlyOne(beginsSo(ended)) : match;
}

/**
 * Names in a state directory; none when it does not exist.
 * @throws CorralError STATE_UNREADABLE
 */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === "ENOENT") return [];
    throw new CorralError("STATE_UNREADABLE", `cannot read ${directory}: ${errno ?? "error"}`, {
      object: directory,
      cause,
      fix: "run it as the user whose jobs they are",
    });
  }
}

const jsonEnding = ".json";

/** Ids of the jobs that have a start record, whatever is in it. */
export const recordedIds = (directories: StateDirectories): string[] =>
  namesIn(jobsDirectory(directories))
    .filter((name) => name.endsWith(jsonEnding))
    .map((name) => name.slice(0, -jsonEnding.length));

/** Ids of the jobs that have a result; one for each result. */
export const endedIds = (directories: StateDirectories): string[] =>
  namesIn(directories.results).flatMap((name) => {
    const end = name.lastIndexOf("~");
    return end > 0 && name.endsWith(jsonEnding) ? [name.slice(0, end)] : [];
  });

/** Most candidates that an error names. */
const shownCandidates = 8;

const noJob = (text: string): CorralError =>
  new CorralError("JOB_NOT_FOUND", `there is no job ${quote(text)}`, {
    object: text,
    fix: "corral ps --all lists the jobs",
  });

/**
 * An id as a program names it: whole, since what fits a beginning changes with the jobs there are.
 * @throws CorralError JOB_NOT_FOUND, STATE_UNREADABLE
 */
export function requireJob(directories: StateDirectories, jobId: string): string {
  if (recordedIds(directories).includes(jobId) || endedIds(directories).includes(jobId)) return jobId;
  throw noJob(jobId);
}

/**
 * The id of the job that a user named, whole or by a beginning of it.
 * @throws CorralError JOB_NOT_FOUND, with the candidates where several fit; STATE_UNREADABLE
 */
export function findJob(directories: StateDirectories, text: string): string {
  const live = recordedIds(directories);
  if (live.includes(text)) return text;
  const match = matchJob(text, live, endedIds(directories));
  if (match.kind === "found") return match.jobId;
  if (match.kind === "none") throw noJob(text);
  const { candidates } = match;
  const more = candidates.length > shownCandidates ? ` and ${candidates.length - shownCandidates} more` : "";
  const shown = candidates.slice(0, shownCandidates).join(", ");
  throw new CorralError("JOB_NOT_FOUND", `several jobs begin with ${quote(text)}: ${shown}${more}`, {
    object: text,
    found: shown,
    fix: "write more of the id",
  });
}
