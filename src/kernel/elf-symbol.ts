// Of elf(5), for 64 bits and little endian.
const magic = "\x7fELF\x02\x01";
const [programLoad, sectionDynamicSymbols, functionType] = [1, 11, 2] as const;

interface Section {
  readonly type: number;
  readonly link: number;
  readonly offset: number;
  readonly size: number;
}

const long = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at));

function sectionsOf(file: Buffer): Section[] {
  const [table, size, count] = [long(file, 40), file.readUInt16LE(58), file.readUInt16LE(60)];
  return Array.from({ length: count }, (_item, index) => {
    const at = table + index * size;
    const link = file.readUInt32LE(at + 40);
    return { type: file.readUInt32LE(at + 4), link, offset: long(file, at + 24), size: long(file, at + 32) };
  });
}

/** Where in the file the byte is that is loaded at an address; null for one that is not in the file. */
function toFileOffset(file: Buffer, address: number): number | null {
  const [table, size, count] = [long(file, 32), file.readUInt16LE(54), file.readUInt16LE(56)];
  for (let at = table; at < table + count * size; at += size) {
    if (file.readUInt32LE(at) !== programLoad) continue;
    const [offset, begin, length] = [long(file, at + 8), long(file, at + 16), long(file, at + 32)];
    if (address >= begin && address < begin + length) return address - begin + offset;
  }
  return null;
}

/**
 * File offset of a function that a program exports (.dynsym); null when it has none of that name.
 * @throws RangeError for a file that is cut off
 */
export function findExport(file: Buffer, name: string): number | null {
  if (file.toString("latin1", 0, magic.length) !== magic) return null;
  const sections = sectionsOf(file);
  const symbols = sections.find(({ type }) => type === sectionDynamicSymbols);
  const names = symbols === undefined ? undefined : sections[symbols.link];
  if (symbols === undefined || names === undefined) return null;
  const wanted = Buffer.from(`${name}\0`, "latin1");
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
    const address = long(file, at + 8);
    if ((file.readUInt8(at + 4) & 0xf) !== functionType || address === 0) continue;
    const text = names.offset + file.readUInt32LE(at);
    if (file.subarray(text, text + wanted.length).equals(wanted)) return toFileOffset(file, address);
  }
  return null;
}
