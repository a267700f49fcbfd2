/** What completion proposes of the names that a host has: programs on PATH, users, groups. Read when a shell asks. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** First fields of a file of lines such as passwd(5) and group(5); none when it cannot be read. */
function firstFields(path: string): readonly string[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.map((line) => line.split(":", 1)[0] ?? "").filter((name) => /^[\w.-]+$/.test(name));
  } catch {
    return [];
  }
}

const beginning = (names: readonly string[], partial: string): readonly string[] =>
  [...new Set(names)].filter((name) => name.startsWith(partial)).toSorted();

export const proposeUsers = async (partial: string): Promise<readonly string[]> =>
  beginning(firstFields("/etc/passwd"), partial);

export const proposeGroups = async (partial: string): Promise<readonly string[]> =>
  beginning(firstFields("/etc/group"), partial);

function isProgram(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

function programsIn(directory: string, partial: string): readonly string[] {
  try {
    const names = readdirSync(directory).filter((name) => name.startsWith(partial));
    return names.filter((name) => isProgram(join(directory, name)));
  } catch {
    return [];
  }
}

/** Programs on PATH; none for what has a slash, which is a file name. */
export function proposePrograms(partial: string): readonly string[] {
  if (partial.includes("/")) return [];
  const directories = (process.env["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  return beginning(
    directories.flatMap((directory) => programsIn(directory, partial)),
    partial,
  );
}
