/** What clang leaves of a BPF program: a relocatable ELF file of 64 bits, little-endian. */

/**
 * @typedef {object} Section
 * @property {string} name
 * @property {number} type
 * @property {number} info
 * @property {number} bytes
 * @property {Buffer} data empty for .bss
 *
 * @typedef {object} Symbol
 * @property {string} name
 * @property {number} section 0: in no section, the kernel has it
 * @property {number} value
 *
 * @typedef {object} Relocation
 * @property {number} offset in the section
 * @property {number} type
 * @property {Symbol} symbol
 *
 * @typedef {object} Elf
 * @property {readonly Section[]} sections
 * @property {readonly Symbol[]} symbols
 * @property {(section: number) => readonly Relocation[]} relocationsOf
 */

const typeOf = /** @type {const} */ ({ symtab: 2, nobits: 8, rel: 9 });

/** @param {Buffer} table @param {number} at */
export const textAt = (table, at) => table.toString("utf8", at, table.indexOf(0, at));

/** @param {Buffer} file @returns {Section[]} */
function readSections(file) {
  const [at, size, count, namesAt] = [
    Number(file.readBigUInt64LE(0x28)),
    ...[0x3a, 0x3c, 0x3e].map((o) => file.readUInt16LE(o)),
  ];
  const heads = Array.from({ length: count ?? 0 }, (_, index) => {
    const head = file.subarray((at ?? 0) + index * (size ?? 0));
    const [offset, bytes] = [Number(head.readBigUInt64LE(0x18)), Number(head.readBigUInt64LE(0x20))];
    const type = head.readUInt32LE(4);
    const data = type === typeOf.nobits ? Buffer.alloc(0) : file.subarray(offset, offset + bytes);
    return { nameAt: head.readUInt32LE(0), type, info: head.readUInt32LE(0x2c), bytes, data };
  });
  const names = heads[namesAt ?? 0]?.data ?? Buffer.alloc(1);
  return heads.map(({ nameAt, ...rest }) => ({ name: textAt(names, nameAt), ...rest }));
}

/** @param {readonly Section[]} sections @returns {Symbol[]} */
function readSymbols(sections) {
  const table = sections.find(({ type }) => type === typeOf.symtab)?.data ?? Buffer.alloc(0);
  const names = sections.find(({ name }) => name === ".strtab")?.data ?? Buffer.alloc(1);
  return Array.from({ length: table.length / 24 }, (_, index) => {
    const entry = table.subarray(index * 24);
    return {
      name: textAt(names, entry.readUInt32LE(0)),
      section: entry.readUInt16LE(6),
      value: Number(entry.readBigUInt64LE(8)),
    };
  });
}

/** @param {Buffer} file @returns {Elf} */
export function readElf(file) {
  const sections = readSections(file);
  const symbols = readSymbols(sections);
  return {
    sections,
    symbols,
    relocationsOf: (section) => {
      const data = sections.find(({ type, info }) => type === typeOf.rel && info === section)?.data ?? Buffer.alloc(0);
      return Array.from({ length: data.length / 16 }, (_, index) => {
        const symbol = symbols[data.readUInt32LE(index * 16 + 12)];
        if (symbol === undefined) throw new Error("a relocation names no symbol");
        return {
          offset: Number(data.readBigUInt64LE(index * 16)),
          type: data.readUInt32LE(index * 16 + 8),
          symbol,
        };
      });
    },
  };
}
