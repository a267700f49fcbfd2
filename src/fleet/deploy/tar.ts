/** One file of an archive. */
export interface TarFile {
  /** Relative, with slashes; at most 255 bytes. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Buffer;
}

const blockBytes = 512;
/** Where the fields of a header of POSIX.1-1988 ustar lie: offset and length. */
const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

/** A path too long for its field is cut at a slash; what comes before it has a field of its own. */
function cutPath(path: string): readonly [prefix: string, name: string] {
  const bytes = (text: string): number => Buffer.byteLength(text);
  if (bytes(path) <= field.name[1]) return ["", path];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (bytes(name) <= field.name[1] && bytes(prefix) <= field.prefix[1]) return [prefix, name];
  }
  throw new RangeError(`is too long for an archive: ${path}`);
}

function header({ path, mode, content }: TarFile): Buffer {
  const block = Buffer.alloc(blockBytes);
  const put = (name: keyof typeof field, text: string): void => void block.write(text, field[name][0], "utf8");
  const octal = (name: keyof typeof field, value: number): void =>
    put(name, value.toString(8).padStart(field[name][1] - 1, "0"));
  const [prefix, name] = cutPath(path);
  put("name", name);
  put("prefix", prefix);
  put("type", "0");
  put("magic", "ustar\u000000");
  octal("mode", mode & 0o777);
  octal("uid", 0);
  octal("gid", 0);
  octal("size", content.length);
  // No time of its own: the same files are the same archive.
  octal("mtime", 0);
  block.fill(" ", field.checksum[0], field.checksum[0] + field.checksum[1]);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put("checksum", `${sum.toString(8).padStart(6, "0")}\u0000 `);
  return block;
}

/**
 * An archive that every tar(1) reads. The same files give the same bytes, whenever and wherever it is made.
 * @throws RangeError for a path that does not fit
 */
export function tarOf(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap((file) => {
    const rest = file.content.length % blockBytes;
    return [header(file), file.content, Buffer.alloc(rest === 0 ? 0 : blockBytes - rest)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}
