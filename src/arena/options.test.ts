import { expect, test } from "vitest";
import { createArena } from "./arena.ts";

test("options that are none, or unknown, are refused by name", () => {
  expect(() => createArena(undefined as never)).toThrow(
    expect.objectContaining({ code: "USAGE", message: "createArena needs options" }),
  );
  expect(() => createArena({ capacityBytes: 2 ** 20, capacity: 1 } as never)).toThrow(
    expect.objectContaining({ code: "USAGE", message: "capacity is no option of an arena" }),
  );
});

test("a region is written from bytes only", () => {
  using arena = createArena({ capacityBytes: 2 ** 20 });
  const region = arena.allocate(4096);
  expect(() => region.write(0, "abc" as never)).toThrow(
    expect.objectContaining({ code: "USAGE", message: "a region is written from a Uint8Array" }),
  );
});

test("what is no target, no way to touch, and no region is refused", () => {
  using arena = createArena({ capacityBytes: 2 ** 20 });
  const region = arena.allocate(4096);
  for (const target of ["nonsense", undefined, null, 7, {}, { region: undefined, offset: 0, length: 1 }])
    expect(() => arena.compressSync(target as never)).toThrow(expect.objectContaining({ code: "USAGE" }));
  for (const op of ["nope", undefined])
    expect(() => region.touch(0, op as never)).toThrow(expect.objectContaining({ code: "USAGE" }));
  for (const into of [undefined, "x", [1]])
    expect(() => region.read(0, into as never)).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(region.read(0, 1)[0]).toBe(0);
});
