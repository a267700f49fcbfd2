import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { errnoOf } from "../../report/index.ts";
import type { ResultFacts } from "./result-facts.ts";
import { readFacts } from "./result-facts.ts";

/** A report is a few kilobytes; one with the longest command line that Linux takes stays below this. */
const maxBytes = 64 * 2 ** 20;

/** What a file in the directory of results turned out to be. `failed`: it could not be read now, and may be later. */
export type ResultFile =
  | { readonly kind: "result"; readonly facts: ResultFacts }
  | { readonly kind: "foreign" | "failed" | "gone" };

/** A result is a plain file; opening anything else must neither wait for a writer nor lead elsewhere. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Reads one file; nothing that lies there makes it throw. */
export function readResultFile(path: string): ResultFile {
  let fd = -1;
  try {
    fd = openSync(path, openFlags);
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > maxBytes) return { kind: "foreign" };
    const facts = readFacts(readFileSync(fd, "utf8"));
    return facts === null ? { kind: "foreign" } : { kind: "result", facts };
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === "ENOENT") return { kind: "gone" };
    return { kind: errno === "ELOOP" || errno === "ENXIO" ? "foreign" : "failed" };
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}
