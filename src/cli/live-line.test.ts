import { expect, test } from "vitest";
import { LiveLine } from "./live-line.ts";

test("a live line is cut to the terminal, stays below the lines of others, and leaves nothing behind", () => {
  const written: string[] = [];
  const line = new LiveLine({ write: (text) => void written.push(text), width: () => 9, text: () => "0123456789" });
  line.above("said\n");
  line.end();
  line.end();
  expect(written).toEqual(["\r\u001b[K01234567", "\r\u001b[Ksaid\n01234567", "\r\u001b[K"]);
});
