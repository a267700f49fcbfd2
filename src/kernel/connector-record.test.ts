import { expect, test } from "vitest";
import { decodeRecord, recordBytes } from "./connector-record.ts";

/** A record with the numbers 1, 2, 3… in the fields after its kind, and a name. */
function record(what: number, comm = ""): Buffer {
  const buffer = Buffer.alloc(8 + recordBytes);
  buffer.writeBigUInt64LE(2n ** 53n + 1n, 8);
  buffer.writeUInt32LE(what, 16);
  for (let field = 1; field <= 7; field += 1) buffer.writeUInt32LE(field, 16 + 4 * field);
  buffer.write(comm, 48, "latin1");
  return buffer;
}

const common = { tgid: 2, timestampNs: 2n ** 53n + 1n };

test.each([
  [0, { kind: "ack", ack: 1, errno: 5 }],
  [1, { kind: "fork", ...common, parentTid: 3, parentTgid: 4 }],
  [2, { kind: "exec", ...common }],
  [0x8000_0000, { kind: "exit", ...common, status: 5, exitSignal: 6, parentTgid: 4 }],
  [4, null],
])("a record of kind %i is decoded whole", (what, decoded) => {
  expect(decodeRecord(record(what), 8)).toEqual(decoded);
});

test.each([
  ["", ""],
  ["short", "short"],
  ["fifteen letters\0", "fifteen letters"],
  ["no end: 16 bytes", "no end: 16 bytes"],
  ["\xff\xc3\xa9", "\udcffé"],
])("the name %j is read up to its end, bytes kept", (bytes, comm) => {
  expect(decodeRecord(record(0x200, bytes), 8)).toEqual({ kind: "comm", ...common, comm });
});
