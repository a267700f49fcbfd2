import { readFileSync } from "node:fs";

/** A struct as the kernel's own type information (BTF, Documentation/bpf/btf.rst) has it. */
export interface BtfStruct {
  readonly bytes: number;
  readonly members: readonly string[];
}

const magic = 0xeb9f;
const structKind = 4;

/** Bytes of a type's record after its twelve common ones, by its kind; for those with one part per member, per member. */
const extraBytes: Readonly<Record<number, (members: number) => number>> = {
  1: () => 4, // int
  3: () => 12, // array
  4: (members) => members * 12, // struct
  5: (members) => members * 12, // union
  6: (members) => members * 8, // enum
  13: (members) => members * 8, // function prototype
  14: () => 4, // variable
  15: (members) => members * 12, // section
  17: () => 4, // declaration tag
  19: (members) => members * 12, // 64-bit enum
};

/** A struct by its name; null when there is none, or the text is no BTF. */
export function findBtfStruct(btf: Buffer, name: string): BtfStruct | null {
  if (btf.length < 24 || btf.readUInt16LE(0) !== magic) return null;
  const header = btf.readUInt32LE(4);
  const types = header + btf.readUInt32LE(8);
  const strings = header + btf.readUInt32LE(16);
  const nameAt = btf.indexOf(`\0${name}\0`, strings, "latin1");
  if (nameAt < 0) return null;
  const wanted = nameAt + 1 - strings;
  const textAt = (offset: number): string => btf.toString("latin1", strings + offset, btf.indexOf(0, strings + offset));
  const end = types + btf.readUInt32LE(12);
  for (let at = types; at + 12 <= end; ) {
    const info = btf.readUInt32LE(at + 4);
    const kind = (info >> 24) & 0x1f;
    const count = info & 0xffff;
    if (kind === structKind && btf.readUInt32LE(at) === wanted) {
      const members = Array.from({ length: count }, (_, index) => textAt(btf.readUInt32LE(at + 12 + index * 12)));
      return { bytes: btf.readUInt32LE(at + 8), members };
    }
    at += 12 + (extraBytes[kind]?.(count) ?? 0);
  }
  return null;
}

/** Hooks that the RFC's struct has; one with other members is another interface. */
const wantedHooks = ["get_high_delay_ms", "below_low", "below_min"];

/**
 * Whether the running kernel has the memory controller's BPF hooks, by its types and never by a file's presence (R26). They are
 * not in mainline.
 */
export function probeMemcgBpfOps(path = "/sys/kernel/btf/vmlinux"): "absent" | "present" | "unknown" {
  try {
    const found = findBtfStruct(readFileSync(path), "memcg_bpf_ops");
    return found !== null && wantedHooks.every((one) => found.members.includes(one)) ? "present" : "absent";
  } catch {
    return "unknown";
  }
}
