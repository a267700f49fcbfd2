import { constants } from "node:os";
import { expect, test } from "vitest";
import { signalNumbers } from "./constants.ts";

test("the signals are those that Node knows, each with its number", () => {
  expect(signalNumbers).toEqual({ ...constants.signals });
});
