import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CorralError } from "../../report/index.ts";
import { LineWriter } from "./line-writer.ts";

test("a file that was there for others to read is its owner's alone once lines are written to it", () => {
  const directory = mkdtempSync(join(tmpdir(), "corral-lines-"));
  const file = join(directory, "lines");
  writeFileSync(file, "what was there\n", { mode: 0o644 });
  const writer = new LineWriter(file, (cause) => CorralError.from(cause));
  writer.add("one");
  writer.end();
  expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777]).toEqual(["one\n", 0o600]);
  rmSync(directory, { recursive: true });
});
