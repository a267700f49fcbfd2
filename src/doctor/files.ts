import { constants } from "node:fs";
import { dirname } from "node:path";
import type { Finding } from "./finding.ts";
import { accessErrno } from "./read.ts";

/** Whether files can be made in a directory, now or once it has been created. */
export interface DirectoryFacts {
  readonly path: string;
  /** The directory itself, or its nearest ancestor that exists. */
  readonly existing: string;
  /** Why nothing may be written there; null when it may. */
  readonly errno: string | null;
}

/** Asks access(2) of the directory or, where it does not exist yet, of its nearest ancestor; creates nothing. */
export function gatherDirectory(path: string): DirectoryFacts {
  for (let at = path; ; at = dirname(at)) {
    const errno = accessErrno(at, constants.W_OK | constants.X_OK);
    if (errno !== "ENOENT" || at === dirname(at)) return { path, existing: at, errno };
  }
}

/** One of Corral's directories. */
export function judgeDirectory(purpose: string, { path, existing, errno }: DirectoryFacts): Finding {
  const writable = errno === null;
  return {
    group: "files",
    name: purpose,
    status: writable ? "yes" : "no",
    found: writable
      ? `${path} ${existing === path ? "is writable" : "will be created"}`
      : `${path} cannot be written: ${existing} (${errno})`,
    probe: `access(2) of ${existing === path ? "the directory" : "the nearest directory that exists"}`,
    consequence: writable
      ? "jobs are on record"
      : "jobs run without a record: corral ps and gc do not know them; set CORRAL_STATE_DIR to a writable place",
    facts: { path, exists: existing === path, writable },
  };
}

/** Probes of the section Files. */
export const findFiles = (directories: Readonly<Record<string, string>>): Finding[] =>
  Object.entries(directories).map(([purpose, path]) => judgeDirectory(purpose, gatherDirectory(path)));
