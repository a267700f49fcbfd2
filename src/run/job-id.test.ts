import { basename, join, normalize } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkJobId, generateJobId } from "./job-id.ts";

test.each(["a", "job-1", "A.b_c:d@e-f", "...", "-", "x".repeat(128)])("%s is a job id", (id) => {
  expect(checkJobId(id)).toBe(id);
});

test.each([
  ["", '""'],
  [".", '"."'],
  ["..", '".."'],
  ["a/b", '"a/b"'],
  ["a b", '"a b"'],
  ["a\n", '"a\\n"'],
  ["é", '"é"'],
  ["x".repeat(129), `"${"x".repeat(80)}…"`],
])("%j is refused", (id, shown) => {
  expect(() => checkJobId(id)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: `--job-id ${shown} is not a valid job id`,
      object: "--job-id",
      found: id,
      fix: "use 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -",
    }),
  );
});

test("an id that is accepted names a file in its directory and nothing else", () => {
  const tricky = fc.array(fc.constantFrom(".", "/", "~", "a", "\\", "\0", "-", "%2f", "\u202e")).map((s) => s.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), tricky), (id) => {
      try {
        checkJobId(id);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "USAGE" });
        return;
      }
      expect(join("/jobs", `${id}.json`)).toBe(`/jobs/${id}.json`);
      expect([normalize(`/jobs/${id}`), basename(id)]).toEqual([`/jobs/${id}`, id]);
    }),
  );
});

test("an id made from any program name is a valid one", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (program) => checkJobId(generateJobId(program)).length > 9));
});

test.each([
  ["/usr/bin/make", "make"],
  ["./run it!.sh", "runit.sh"],
  ["..hidden", "hidden"],
  ["", "job"],
  ["***", "job"],
  ["a".repeat(60), "a".repeat(24)],
])("an id for %j begins with %s and eight random letters", (program, name) => {
  expect(generateJobId(program).replace(/[0-9a-v]{8}$/, "*")).toBe(`${name}-*`);
});

test("two ids for one program differ", () => {
  expect(new Set(Array.from({ length: 1000 }, () => generateJobId("make"))).size).toBe(1000);
});
