import { expect, test } from "vitest";
import { formatTable } from "./table.ts";

test("columns are as wide as their widest cell, and lines end without blanks", () => {
  expect(
    formatTable(
      ["ID", "STATE"],
      [
        ["make-1", "up"],
        ["x", "going down"],
      ],
    ),
  ).toBe("ID      STATE\nmake-1  up\nx       going down\n");
});

test("a table without rows is its heading", () => {
  expect(formatTable(["ID", "STATE"], [])).toBe("ID  STATE\n");
});
