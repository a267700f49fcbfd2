import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedOutput } from "./bounded-output.ts";

const keptOf = (most: number, chunks: readonly string[]) => {
  const output = new BoundedOutput(most);
  for (const chunk of chunks) output.add(Buffer.from(chunk));
  return output.kept();
};

test("an output that fits is kept whole", () => {
  expect(keptOf(10, ["01234", "56789"])).toEqual({ text: "0123456789", bytes: 10, omitted_bytes: 0 });
  expect(keptOf(10, [])).toEqual({ text: "", bytes: 0, omitted_bytes: 0 });
});

test("of a longer one the begin and the end are kept, and it says how much is left out", () => {
  expect(keptOf(10, ["01234", "5678", "9abcdef"])).toEqual({
    text: "01234\n[... 6 bytes left out ...]\nbcdef",
    bytes: 16,
    omitted_bytes: 6,
  });
});

test("however it comes in, what is kept is the same, and never more than was allowed", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 60 })), fc.integer({ min: 2, max: 64 }), (chunks, most) => {
      const whole = chunks.join("");
      const kept = keptOf(most, chunks);
      expect(kept).toEqual(keptOf(most, [whole]));
      expect(kept.bytes - kept.omitted_bytes).toBeLessThanOrEqual(most);
    }),
  );
});
