import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { statsOrder } from "./fields.ts";
import { legacyBytes } from "./legacy-codec.ts";
import { maxPayloadBytes, messageLayouts } from "./messages.ts";
import { protocolErrors } from "./protocol-errors.ts";

const page = readFileSync("docs/protocol.md", "utf8");

/** The rows of the first table under a heading, or after a line, as cells. */
function rowsAfter(mark: string): string[][] {
  const lines = page.slice(page.indexOf(mark)).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|---"));
  const rest = lines.slice(start + 1);
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

test("docs/protocol.md has every message with its number, sender and fields, and no others", () => {
  const wanted = Object.entries(messageLayouts).map(([name, { type, from, fields }]) => [
    ...[String(type), name, from],
    fields.map(([field, kind]) => `${field} ${kind}`).join(", "),
  ]);
  expect(rowsAfter("## Messages")).toEqual(wanted);
});

test("docs/protocol.md has every error code with what it means and whether it ends the connection", () => {
  const wanted = Object.entries(protocolErrors).map(([code, { closes, meaning }]) => [
    code,
    closes ? "yes" : "no",
    meaning,
  ]);
  expect(rowsAfter("## Errors")).toEqual(wanted);
});

test("docs/protocol.md has the statistics in their order, and the sizes", () => {
  expect(rowsAfter("## Statistics").map(([index, name]) => [Number(index), name])).toEqual(
    statsOrder.map((name, index) => [index, name]),
  );
  for (const text of [
    `ENROLL, ${legacyBytes.enroll} bytes`,
    `COMPRESS_ACK, ${legacyBytes.ack} bytes`,
    `${maxPayloadBytes} at most`,
  ])
    expect(page).toContain(text);
});
