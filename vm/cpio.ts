/** A file of a cpio archive; without content it is a directory. */
export interface ArchiveEntry {
  /** Without a leading slash; directories before what is in them. */
  readonly name: string;
  readonly content: Buffer | null;
  readonly executable?: boolean;
}

const types = { directory: 0o040755, file: 0o100644, program: 0o100755 } as const;

const padded = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

function renderEntry({ name, content, executable = false }: ArchiveEntry, inode: number): Buffer {
  const mode = content === null ? types.directory : executable ? types.program : types.file;
  const body = content ?? Buffer.alloc(0);
  const path = Buffer.from(`${name}\0`, "utf8");
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, path.length, 0];
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`, "latin1");
  return Buffer.concat([head, path, padded(head.length + path.length), body, padded(body.length)]);
}

/** An uncompressed archive as the kernel unpacks it at boot (linux: Documentation/driver-api/early-userspace/buffer-format.rst). */
export function renderCpio(entries: readonly ArchiveEntry[]): Buffer {
  const end: ArchiveEntry = { name: "TRAILER!!!", content: Buffer.alloc(0) };
  return Buffer.concat([...entries, end].map((entry, index) => renderEntry(entry, index + 1)));
}
