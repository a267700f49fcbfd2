import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { launcherPath } from "../../src/kernel/index.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "corral-path-"));
after(() => rmSync(scratch, { recursive: true }));

/** A folder for PATH; with a program `tool` that says where it lies, when it is to have one. */
function folder(name: string, mode: number | null): string {
  const directory = path.join(scratch, name);
  mkdirSync(directory);
  if (mode === null) return directory;
  writeFileSync(path.join(directory, "tool"), `echo ${name} "$@"\n`);
  chmodSync(path.join(directory, "tool"), mode);
  return directory;
}

const empty = folder("empty", null);
const good = folder("good", 0o755);
const denied = folder("denied", 0o644);
const absent = path.join(scratch, "absent");
const notAFolder = path.join(good, "tool");
const tooLong = `/${"x/".repeat(2048)}`;

/** What the launcher executes for a PATH, and the errno of its failure. */
function search(PATH: string | null, command: string, cwd = empty): string {
  const env = PATH === null ? {} : { PATH };
  const argv = ["run", "--status", "2", "--", command, "a b", "c"];
  const { stdout, stderr } = spawnSync(launcherPath() ?? "", argv, { env, cwd, encoding: "utf8" });
  const failure = /^fail exec (\d+)$/m.exec(stderr)?.[1];
  const named = Object.entries(constants.errno).find(([, number]) => String(number) === failure);
  return `${stdout.trimEnd()}${named?.[0] ?? ""}`;
}

test("the command is looked for as execvp(3) looks for it", () => {
  const found: readonly (readonly [string | null, string, string, string?])[] = [
    [`${empty}:${good}`, "tool", "good a b c"],
    [`${absent}:${notAFolder}:${tooLong}:${good}`, "tool", "good a b c"],
    [`${denied}:${good}`, "tool", "good a b c"],
    [`${denied}:${empty}`, "tool", "EACCES"],
    [`${empty}:${absent}`, "tool", "ENOENT"],
    [`:${empty}`, "tool", "good a b c", good],
    [`${empty}:`, "tool", "good a b c", good],
    ["", "tool", "good a b c", good],
    [empty, "./tool", "good a b c", good],
    [good, "./tool", "ENOENT"],
    [good, "", "ENOENT"],
    [good, "x".repeat(256), "ENAMETOOLONG"],
    [null, "echo", "a b c"],
  ];
  for (const [PATH, command, expected, cwd] of found)
    assert.equal(search(PATH, command, cwd), expected, `${PATH} ${command.slice(0, 20)}`);
});
