import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clientHeader, clientIsStale, joinClient, joinParts } from "./join-client.mjs";

const licence = "/* SPDX-License-Identifier: Apache-2.0 */\n";
const origin = "/* Made of native/client/parts by tools/join-client.mjs; do not edit. */\n";

const join = (texts: Readonly<Record<string, string>>): string =>
  joinParts(new Map(Object.entries(texts).map(([name, text]) => [name, `${licence}${text}`])));

test("every part stands where it is included, without its licence, and what the system has is still included", () => {
  const texts = {
    "corral-enrol.h": '#include "a.h"\n\n#include "b.h"\n',
    "a.h": "#include <time.h>\nint a;\n",
    "b.h": '#include "c.h"\nint b;\n',
    "c.h": "int c;\n",
  };
  expect(join(texts)).toBe(`${licence}${origin}#include <time.h>\nint a;\n\nint c;\nint b;\n`);
});

test.each([
  [
    "included twice",
    { "corral-enrol.h": '#include "a.h"\n#include "a.h"\n', "a.h": "" },
    "parts/a.h is included twice",
  ],
  ["not included", { "corral-enrol.h": "", "a.h": "" }, "nobody includes a.h"],
  ["missing", { "corral-enrol.h": '#include "a.h"\n' }, "parts/a.h is included and does not exist"],
])("a part that is %s is refused", (_, texts, message) => {
  expect(() => join(texts)).toThrow(message);
});

test("a part without its licence is refused", () => {
  expect(() => joinParts(new Map([["corral-enrol.h", "int a;\n"]]))).toThrow("does not begin with its licence");
});

test("the committed client is what its parts say, and includes nothing but headers of the system", () => {
  expect(clientIsStale()).toBe(false);
  expect(readFileSync(clientHeader, "utf8")).toBe(joinClient());
  expect(joinClient()).not.toMatch(/^#include "/m);
});
