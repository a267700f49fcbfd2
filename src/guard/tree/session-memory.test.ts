import { expect, test } from "vitest";
import { headroomBytes, reclaimableOf } from "./session-memory.ts";

test("files and slabs that the kernel can take back count as free, anonymous and shared memory do not", () => {
  const stat = "anon 500\nfile 300\nshmem 100\ninactive_file 120\nactive_file 80\nslab_reclaimable 30\n";
  expect(reclaimableOf(stat)).toBe(230);
  expect(headroomBytes({ currentBytes: 800, reclaimableBytes: 230, capBytes: 1000 })).toBe(430);
});

test("a session without a cap has no headroom to tell, and one above its cap none", () => {
  expect(headroomBytes({ currentBytes: 800, reclaimableBytes: 0, capBytes: null })).toBeNull();
  expect(headroomBytes({ currentBytes: 800, reclaimableBytes: 0, capBytes: 500 })).toBe(0);
});
