import { expect, test } from "vitest";
import { watchesOneJob } from "./detach.ts";

const program = "/opt/corral/dist/corral.cjs";
/** A file system in which /usr/bin/corral and ./corral in /src lead to the program. */
const links: Readonly<Record<string, string>> = {
  [program]: program,
  "/usr/bin/corral": program,
  "/src/corral": program,
  "/srv/app.js": "/srv/app.js",
};
const resolveLink = (path: string): string | null => links[path] ?? null;

test.each([
  ["corral run", ["node", "/usr/bin/corral", "run", "--", "make"], "/", true],
  ["corral attach", ["node", program, "attach", "--pid", "7"], "/", true],
  ["a relative path", ["node", "./corral", "run", "--", "make"], "/src", true],
  ["flags of Node's before it", ["node", "--no-warnings", program, "run"], "/", true],
  ["a relative path in an unknown directory", ["node", "./corral", "run"], null, false],
  ["corral watch, which governs many jobs", ["node", program, "watch"], "/", false],
  ["corral wait", ["node", program, "wait", "j"], "/", false],
  ["a program that uses the library", ["node", "/srv/app.js", "run"], "/", false],
  ["a program that is gone", ["node", "/srv/other.js", "run"], "/", false],
  ["node alone", ["node"], "/", false],
  ["nothing", [], "/", false],
])("%s is judged by its file and its verb", (_, argv, cwd, expected) => {
  expect(watchesOneJob(argv, cwd, program, resolveLink)).toBe(expected);
});
