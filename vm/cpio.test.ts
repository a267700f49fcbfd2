import { expect, test } from "vitest";
import { renderCpio } from "./cpio.ts";

test("an archive has a head of 110 bytes per entry, and everything begins at a multiple of 4", () => {
  const archive = renderCpio([
    { name: "a", content: null },
    { name: "a/bc", content: Buffer.from("12345"), executable: true },
  ]);
  const head = (mode: string, size: string, nameBytes: string, inode: string) =>
    `070701${inode}${mode}00000000000000000000000100000000${size}${"0".repeat(32)}${nameBytes}00000000`;
  expect(archive.toString("latin1")).toBe(
    [
      `${head("000041ed", "00000000", "00000002", "00000001")}a\0`,
      `${head("000081ed", "00000005", "00000005", "00000002")}a/bc\0\x0012345\0\0\0`,
      `${head("000081a4", "00000000", "0000000b", "00000003")}TRAILER!!!\0\0\0\0`,
    ].join(""),
  );
});
