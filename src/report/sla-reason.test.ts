import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { slaCompliances, slaViolations } from "./sla-reason.ts";

test("docs/report.md lists every reason of a verdict in order, with what it says of the platform", () => {
  const page = readFileSync(new URL("../../docs/report.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| (\w+) \| (yes|no) \| .+ \|$/gm)].map(([, reason, kept]) => [reason, kept]);
  expect(documented).toEqual([
    ...slaCompliances.map((reason) => [reason, "yes"]),
    ...slaViolations.map((reason) => [reason, "no"]),
  ]);
});
