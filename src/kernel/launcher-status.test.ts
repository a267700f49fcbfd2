import { expect, test } from "vitest";
import { ParsedStatus } from "./launcher-status.ts";

const set = (name: string, errno: number, code: string | null, effective: string | null) => ({
  name,
  errno,
  code,
  effective,
});

/** [what the launcher wrote, whether it was ready, its joins and attributes, why it failed] */
test.each<[string, boolean, readonly object[], object | null]>([
  ["", false, [], null],
  ["ready", true, [], null],
  ["ready\n", true, [], null],
  ["readyish\n", false, [], null],
  [
    "ready\nset join 0 /a b/tasks\nset nice 13 -\nheld\nwhat is this\n",
    true,
    [set("join", 0, null, "/a b/tasks"), set("nice", 13, "EACCES", null)],
    null,
  ],
  ["ready\nset join 2 /x\\x0afail exec 1\n", true, [set("join", 2, "ENOENT", "/x\nfail exec 1")], null],
  ["ready\nfail exec 2\n", true, [], { stage: "exec", errno: 2, code: "ENOENT" }],
  ["fail usage 22\n", false, [], { stage: "usage", errno: 22, code: "EINVAL" }],
  ["ready\nfail exec", true, [], null],
])("the status %j is read", (text, ready, sets, fail) => {
  const status = new ParsedStatus(text);
  expect([status.ready, status.sets, status.fail]).toEqual([ready, sets, fail]);
});
