import { readFileSync } from "node:fs";
import { quote } from "../report/index.ts";

/** A user as passwd(5) has him. */
export interface UserEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const fileLines = (path: string): string[][] => {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
};

/** Asks the name service through getent(1), for users that are not in the local file (LDAP, systemd-homed). */
function getent(database: "passwd" | "group", key: string): string[] | null {
  // Loaded when it is needed: it costs a cold start 2 ms, and most users are in the file.
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    return execFileSync("getent", [database, key], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim()
      .split(":");
  } catch {
    return null;
  }
}

function find(database: "passwd" | "group", key: string): string[] | null {
  const column = /^\d+$/.test(key) ? 2 : 0;
  return (
    fileLines(`/etc/${database}`).find((fields) => fields[column] === key) ??
    (/^[\w.-]+\$?$/.test(key) ? getent(database, key) : null)
  );
}

/**
 * Finds a user by name or uid; a bare uid without an entry stands for itself with the same gid.
 * @throws RangeError when the name is unknown
 */
export function lookUpUser(key: string): UserEntry {
  const fields = find("passwd", key);
  if (fields !== null) return { name: fields[0] ?? key, uid: Number(fields[2]), gid: Number(fields[3]) };
  if (/^\d{1,9}$/.test(key)) return { name: key, uid: Number(key), gid: Number(key) };
  throw new RangeError(`names no user: ${quote(key)}`);
}

/** Finds a group's gid by name or number. @throws RangeError when the name is unknown */
export function lookUpGroup(key: string): number {
  const fields = find("group", key);
  if (fields !== null) return Number(fields[2]);
  if (/^\d{1,9}$/.test(key)) return Number(key);
  throw new RangeError(`names no group: ${quote(key)}`);
}

/** The supplementary groups of a user (group(5)), his primary group included, as initgroups(3) sets them. */
export function groupsOf(user: UserEntry, primary: number): number[] {
  const listed = fileLines("/etc/group")
    .filter((fields) => (fields[3] ?? "").split(",").includes(user.name))
    .map((fields) => Number(fields[2]));
  return [...new Set([primary, ...listed])];
}
