import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, exitStatus } from "./error-codes.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** The page's table: [code, exit status, meaning, fix] per row. */
const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.+?) \| (.+?) \|$/gm)].map((match) => match.slice(1, 5));

test("docs/errors.md lists every code with its exit status and meaning, in the order of the code", () => {
  const documented = rows.map(([code, status, meaning]) => [code, Number(status), meaning]);
  const inCode = Object.entries(errorCodes).map(([code, entry]) => [code, entry.exitStatus, entry.meaning]);
  expect(documented).toEqual(inCode);
});

test("docs/errors.md tells a fix for every code", () => {
  expect(rows.filter(([, , , fix]) => fix?.trim() === "")).toEqual([]);
});

test("docs/errors.md mentions every exit status of Corral", () => {
  const missing = Object.values(exitStatus).filter((status) => !new RegExp(`\\b${status}\\b`).test(page));
  expect(missing).toEqual([]);
});
