import { expect, test } from "vitest";
import { parseSessionPressure } from "./session-budget.ts";

test("a pressure file gives the last ten seconds and the total; cpu has no full line on some kernels", () => {
  const some = "some avg10=1.25 avg60=0.40 avg300=0.10 total=70012\n";
  expect(parseSessionPressure(`${some}full avg10=0.50 avg60=0.00 avg300=0.00 total=900\n`)).toEqual({
    some_avg10: 1.25,
    full_avg10: 0.5,
    some_us: 70_012,
  });
  expect(parseSessionPressure(some)).toEqual({ some_avg10: 1.25, full_avg10: null, some_us: 70_012 });
});

test("a kernel that does not count pressure tells none", () => {
  expect(parseSessionPressure(null)).toBeNull();
  expect(parseSessionPressure("")).toBeNull();
});
