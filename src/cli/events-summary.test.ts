import { expect, test } from "vitest";
import { summaryLine } from "./events-summary.ts";

const none = { events: 0, lines: 0, short: 0, unjudged: 0, unknownFiles: 0, folded: 0, dropped: 0, lost: 0 };

test("the summary tells what was not told, and of zeros only the loss", () => {
  expect(summaryLine(none, 0)).toBe("0 lines of 0 events; 0 lost");
  const all = { ...none, events: 9, short: 1, unjudged: 2, unknownFiles: 3, folded: 1, dropped: 4, lost: 5 };
  expect(summaryLine(all, 1)).toBe(
    "1 line of 9 events; 5 lost; 1 process too short; 2 events without what the filters ask for; 3 execs of unknown files; 1 open folded; 4 over the limit",
  );
});
