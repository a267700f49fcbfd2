import { expect, test } from "vitest";
import { parseDisposition } from "./signal-disposition.ts";

const status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001000\nSigCgt:\t8000000100004602\n";

test("what a process does with a signal is read from its masks", () => {
  expect(parseDisposition(status, 10)).toBe("caught");
  expect(parseDisposition(status, 64)).toBe("caught");
  expect(parseDisposition(status, 13)).toBe("ignored");
  expect(parseDisposition(status, 12)).toBe("default");
});

test("a text without masks tells nothing", () => expect(parseDisposition("Name:\tx\n", 10)).toBeNull());
