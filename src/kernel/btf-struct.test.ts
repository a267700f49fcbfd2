import { expect, test } from "vitest";
import { findBtfStruct, probeMemcgBpfOps } from "./btf-struct.ts";

/** BTF of one int and the structs given, each with its members of that int. */
function btfOf(structs: Readonly<Record<string, readonly string[]>>): Buffer {
  let strings = "\0";
  const name = (text: string): number => {
    const at = strings.length;
    strings += `${text}\0`;
    return at;
  };
  const words: number[] = [name("int"), 1 << 24, 4, 32];
  for (const [struct, members] of Object.entries(structs)) {
    words.push(name(struct), (4 << 24) | members.length, members.length * 4);
    for (const [index, member] of members.entries()) words.push(name(member), 1, index * 32);
  }
  const types = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) types.writeUInt32LE(word >>> 0, index * 4);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  for (const [index, value] of [24, 0, types.length, types.length, strings.length].entries())
    header.writeUInt32LE(value, 4 + index * 4);
  return Buffer.concat([header, types, Buffer.from(strings, "latin1")]);
}

test("a struct is found with its size and members, behind others", () => {
  const btf = btfOf({ first: ["a"], memcg_bpf_ops: ["handle_cgroup_online", "below_low"], last: [] });
  expect(findBtfStruct(btf, "memcg_bpf_ops")).toEqual({ bytes: 8, members: ["handle_cgroup_online", "below_low"] });
  expect(findBtfStruct(btf, "last")).toEqual({ bytes: 0, members: [] });
});

test("a name that no struct has, a member's name and a text that is no BTF find nothing", () => {
  expect(findBtfStruct(btfOf({ first: ["below_low"] }), "below_low")).toBeNull();
  expect(findBtfStruct(btfOf({}), "memcg_bpf_ops")).toBeNull();
  expect(findBtfStruct(Buffer.from("no BTF at all, but long enough for a header"), "first")).toBeNull();
});

test("without the kernel's types nothing is known", () => {
  expect(probeMemcgBpfOps("/nonexistent")).toBe("unknown");
});
