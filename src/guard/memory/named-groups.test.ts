import { expect, test } from "vitest";
import { commonGroup, namedPlaces } from "./named-groups.ts";

const mount = "/sys/fs/cgroup";

test.each([
  [["/a/high", "/a/low"], "/a"],
  [["/a/b/high", "/a/low"], "/a"],
  [["/a/high", "/b/low"], ""],
  [["/a/high"], "/a"],
  [["/ab/high", "/a/low"], ""],
])("the group that %j are in is %j", (groups, common) => {
  expect(
    commonGroup(
      groups.map((one) => `${mount}${one}`),
      mount,
    ),
  ).toBe(`${mount}${common}`);
});

test("a group that is not there is refused", () => {
  expect(() => namedPlaces("/nonexistent/high", [])).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: "there is no group /nonexistent/high with the memory controller",
    }),
  );
});
