import { expect, test } from "vitest";
import type { StoredPeaks } from "./peak-history.ts";
import { PeakHistory } from "./peak-history.ts";

const mib = 2 ** 20;

function memoryFile() {
  let stored: StoredPeaks | null = null;
  let writes = 0;
  return {
    read: () => stored,
    write: (content: StoredPeaks) => {
      stored = content;
      writes += 1;
    },
    writes: () => writes,
  };
}

test("an owner's calls teach what his usually need, and nothing of another owner's", () => {
  const history = new PeakHistory(memoryFile());
  for (let call = 0; call < 20; call += 1) history.add(1000, "git", 100 * mib);
  expect(history.usualBytes(1000, "git")).toBe(150 * mib);
  expect([history.usualBytes(1000, "tests"), history.usualBytes(1001, "git")]).toEqual([512 * mib, 64 * mib]);
});

test("the latest 200 calls count, and what was written is known to the next guard", () => {
  const file = memoryFile();
  const history = new PeakHistory(file);
  for (let call = 0; call < 200; call += 1) history.add(0, "tests", 1000 * mib);
  for (let call = 0; call < 195; call += 1) history.add(0, "tests", 100 * mib);
  expect([history.usualBytes(0, "tests"), file.writes()]).toEqual([150 * mib, 39]);
  history.flush();
  expect(new PeakHistory(file).usualBytes(0, "tests")).toBe(150 * mib);
});

test("no more than 256 owners are remembered, those that were heard of last", () => {
  const file = memoryFile();
  const history = new PeakHistory(file);
  for (let owner = 0; owner < 300; owner += 1) history.add(owner, "git", mib);
  history.flush();
  const owners = Object.keys(file.read()?.owners ?? {}).map(Number);
  expect([owners.length, Math.min(...owners)]).toEqual([256, 44]);
});
