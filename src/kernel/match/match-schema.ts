import * as v from "valibot";
import { checked, described, oneOrMany, text, wholeNumber } from "../../report/config/index.ts";
import type { MatchKey } from "./condition.ts";
import { matchKeys } from "./condition.ts";

const pattern = (key: MatchKey) =>
  v.pipe(
    text,
    checked<string>((value) => void matchKeys[key].compile(value)),
  );

const uid = wholeNumber("a user id, a whole number", 0, 2 ** 32 - 2);

/** Keys about a process, each with one pattern or several of which one is to hold; for a section of a file of rules. */
export const matchEntries = {
  comm: v.exactOptional(
    described(
      oneOrMany(pattern("comm"), "a pattern"),
      "Pattern for the name, at most 15 bytes, which the process may have chosen itself. * is anything.",
    ),
  ),
  exe: v.exactOptional(
    described(
      oneOrMany(pattern("exe"), "a path pattern"),
      "Pattern for the path of the program file. * stays within a directory, ** does not.",
    ),
  ),
  argv: v.exactOptional(
    described(
      oneOrMany(pattern("argv"), "a pattern"),
      "Pattern for the whole command line, its arguments with a space between each. * is anything.",
    ),
  ),
  user: v.exactOptional(
    described(oneOrMany(pattern("user"), "a user name"), "Name of the user whose process it is (real user id)."),
  ),
  uid: v.exactOptional(described(oneOrMany(uid, "a user id"), "Real user id.")),
  parent: v.exactOptional(
    described(
      oneOrMany(pattern("parent"), "a pattern"),
      "Pattern for the parent: as exe when there is a slash in it, else as comm.",
    ),
  ),
  cwd: v.exactOptional(
    described(
      oneOrMany(pattern("cwd"), "a directory"),
      "Working directory, or one above it: a path pattern for its first parts.",
    ),
  ),
  cgroup: v.exactOptional(
    described(
      oneOrMany(pattern("cgroup"), "a path pattern"),
      "Pattern for the path of its control group in any hierarchy. * stays within a group, ** does not.",
    ),
  ),
} as const;
