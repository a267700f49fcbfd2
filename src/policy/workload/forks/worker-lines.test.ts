import { expect, test } from "vitest";
import { readWorkerLine } from "./worker-lines.ts";

test("a line of the worker is a round, or the end", () => {
  expect(readWorkerLine("op 1500 2500")).toEqual({ kind: "op", latenciesNs: [1500, 2500] });
  expect(readWorkerLine("op")).toEqual({ kind: "op", latenciesNs: [] });
  expect(readWorkerLine("end 20 1 11 10 500108300")).toEqual({
    kind: "end",
    end: { forks: 20, failed: 1, errno: 11, ticks: 10, elapsedNs: 500_108_300 },
  });
});

test.each(["", "op x", "end 1 2 3", "hello 1", "op 1.5"])("%j is no line of the worker", (line) => {
  expect(readWorkerLine(line)).toBe(null);
});
