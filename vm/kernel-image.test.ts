import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { extractVmlinux, findPayload, isElf } from "./kernel-image.ts";

/** A file with just what the boot protocol says about the payload. */
function bzImage(payload: Buffer, { setupSectors = 3, offset = 16, version = 0x020f } = {}): Buffer {
  const start = ((setupSectors || 4) + 1) * 512 + offset;
  const image = Buffer.alloc(start + payload.length + 64, 0xaa);
  image.writeUInt8(setupSectors, 0x1f1);
  image.write("HdrS", 0x202, "latin1");
  image.writeUInt16LE(version, 0x206);
  image.writeUInt32LE(offset, 0x248);
  image.writeUInt32LE(payload.length, 0x24c);
  payload.copy(image, start);
  return image;
}

const elf = Buffer.concat([Buffer.from("\u007fELF", "latin1"), Buffer.alloc(1000, 7)]);

test.each([
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["lz4", [0x02, 0x21, 0x4c, 0x18]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
])("a %s payload is known by its first bytes and cut out exactly", (compression, magic) => {
  const bytes = Buffer.concat([Buffer.from(magic), Buffer.alloc(100, 1)]);
  expect(findPayload(bzImage(bytes))).toEqual({ compression, bytes });
});

test("no setup sectors means four of them", () => {
  const bytes = gzipSync(elf);
  expect(findPayload(bzImage(bytes, { setupSectors: 0 }))?.bytes).toEqual(bytes);
});

test.each([
  ["a short file", Buffer.from("#!/bin/sh\n")],
  ["another kind of file", Buffer.alloc(4096)],
  ["a boot protocol before 2.08", bzImage(gzipSync(elf), { version: 0x0207 })],
  ["an unknown compression", bzImage(Buffer.alloc(100, 1))],
])("%s has no payload", (_, image) => {
  expect(findPayload(image)).toBeNull();
});

test("the kernel comes out of its image", async () => {
  const vmlinux = await extractVmlinux(bzImage(gzipSync(elf)), "/boot/vmlinuz");
  expect(vmlinux.equals(elf)).toBe(true);
  expect(isElf(vmlinux)).toBe(true);
});

test("a payload that is no kernel is refused with what was found", async () => {
  await expect(extractVmlinux(bzImage(gzipSync(Buffer.from("text"))), "/boot/vmlinuz")).rejects.toMatchObject({
    code: "VM_UNAVAILABLE",
    message: "/boot/vmlinuz holds no kernel that can be extracted",
    found: "a gzip payload that is no ELF object",
  });
});
