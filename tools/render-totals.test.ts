import { expect, test } from "vitest";
import { renderTotals } from "./render-totals.mjs";

test("the end of a run names every skipped and every failed test, and counts them", () => {
  const rows = [
    { name: "check", passed: 8, failed: ["types of the tools"], skipped: [], seconds: 17.06 },
    {
      name: "host",
      passed: 845,
      failed: ["one (a.test.ts)", "two (b.test.ts)"],
      skipped: ["three: no swap"],
      seconds: 506.6,
    },
    { name: "vm", passed: 201, failed: ["vm-run: broke off (status 124)"], skipped: [], seconds: 1189.6 },
  ];
  expect(renderTotals(rows)).toBe(
    [
      "suite        passed  failed  skipped   seconds",
      "check             8       1        0      17.1",
      "host            845       2        1     506.6",
      "vm              201       1        0    1189.6",
      "skipped in host: three: no swap",
      "failed in check: types of the tools",
      "failed in host: one (a.test.ts)",
      "failed in host: two (b.test.ts)",
      "failed in vm: vm-run: broke off (status 124)",
      "",
      "1054 passed, 4 failed, 1 skipped",
    ].join("\n"),
  );
});
