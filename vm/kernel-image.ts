import { gunzipSync } from "node:zlib";
import { CorralError } from "../src/report/index.ts";
import { runTool } from "./tool.ts";

/** Compressions a bzImage may use, by the first bytes of its payload (linux: scripts/extract-vmlinux). */
const compressions = [
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "gzip", magic: [0x1f, 0x8b, 0x08] },
  { name: "lz4", magic: [0x02, 0x21, 0x4c, 0x18] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
] as const;

export type Compression = (typeof compressions)[number]["name"];

/** The compressed kernel inside a bzImage. */
export interface Payload {
  readonly compression: Compression;
  readonly bytes: Buffer;
}

/** Offsets in the x86 boot protocol's setup header (linux: Documentation/arch/x86/boot.rst). */
const header = { setupSectors: 0x1f1, signature: 0x202, version: 0x206, payloadOffset: 0x248, payloadLength: 0x24c };
const firstVersionWithPayload = 0x0208;

/** Finds the compressed kernel where the setup header says it is; null when this is no bzImage or its compression is unknown. */
export function findPayload(image: Buffer): Payload | null {
  if (image.length < header.payloadLength + 4) return null;
  if (image.toString("latin1", header.signature, header.signature + 4) !== "HdrS") return null;
  if (image.readUInt16LE(header.version) < firstVersionWithPayload) return null;
  // Zero means four, from the days of floppy disks.
  const setupSectors = image.readUInt8(header.setupSectors) || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(header.payloadOffset);
  const bytes = image.subarray(start, start + image.readUInt32LE(header.payloadLength));
  const compression = compressions.find(({ magic }) => bytes.subarray(0, magic.length).equals(Buffer.from(magic)));
  return compression === undefined ? null : { compression: compression.name, bytes };
}

/** Whether a file starts like an ELF object, as a vmlinux does. */
export function isElf(image: Buffer): boolean {
  return image.toString("latin1", 0, 4) === "\u007fELF";
}

/**
 * The vmlinux inside a bzImage. QEMU starts it through its PVH entry about a second sooner than the
 * bzImage, and its BTF can be read.
 * @param path named in errors
 * @throws {CorralError} VM_UNAVAILABLE when there is none
 */
export async function extractVmlinux(image: Buffer, path: string): Promise<Buffer> {
  const payload = findPayload(image);
  const vmlinux = payload === null ? null : await decompress(payload);
  if (vmlinux !== null && isElf(vmlinux)) return vmlinux;
  throw new CorralError("VM_UNAVAILABLE", `${path} holds no kernel that can be extracted`, {
    object: path,
    found: payload === null ? "no compressed payload" : `a ${payload.compression} payload that is no ELF object`,
    fix: "give a bzImage or vmlinux of an x86-64 kernel",
  });
}

/** gzip's own format ends with the size; for every other compression the kernel's build appends it, four bytes that are no data. */
async function decompress({ compression, bytes }: Payload): Promise<Buffer> {
  if (compression === "gzip") return gunzipSync(bytes);
  const { stdout } = await runTool(compression, ["--decompress", "--stdout"], { input: bytes.subarray(0, -4) });
  return stdout;
}
