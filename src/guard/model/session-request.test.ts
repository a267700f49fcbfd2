import { expect, test } from "vitest";
import type { SessionClass } from "./session-class.ts";
import { toNewSession } from "./session-request.ts";
import { plainTools } from "./session-settings.ts";

const made = (best: SessionClass | null, of?: SessionClass) => {
  const base = { owner: 1000, tools: plainTools, limits: {}, best };
  const { class: got, limits } = toNewSession({ name: "s", ...(of === undefined ? {} : { class: of }) }, base);
  return [got, limits.cpuWeight];
};

test("who says no class gets normal, or the best he may have where that is lower, with its weight", () => {
  expect([null, "high", "normal", "low", "besteffort"].map((best) => made(best as SessionClass | null))).toEqual([
    ["normal", 100],
    ["normal", 100],
    ["normal", 100],
    ["low", 50],
    ["besteffort", 10],
  ]);
});

test("a class that is asked for is left to be judged, never lowered", () => {
  expect(made("low", "high")).toEqual(["high", 150]);
});
