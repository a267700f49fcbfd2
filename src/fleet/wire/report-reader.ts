import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { AgentMessage, Interval, LatencyCell, PrepareResult } from "../model/index.ts";
import { decodeAgent, isReport, toReport } from "./agent-codec.ts";
import {
  AgentMessage as AgentWire,
  LatencyCell as CellWire,
  Interval as IntervalWire,
  PrepareSummary,
} from "./generated/fleet.ts";
import type { TailField } from "./packed.ts";
import { lengthDelimited, readPacked, readSums, splitMessage } from "./packed.ts";
import { decodeAll, toCell, toInterval, toPrepare } from "./work-codec.ts";

/*
 * Nearly all bytes of a report are buckets of latencies, and a controller of many agents hears of millions of them a second:
 * they are read into typed arrays from where they lie, and the rest by the generated code. The generated code reads everything
 * that is written in another way than this, to the same effect.
 */

const keys = {
  intervals: lengthDelimited(70),
  latencies: lengthDelimited(71),
  prepareSummary: lengthDelimited(72),
  latenciesOfInterval: lengthDelimited(8),
  latenciesOfPrepare: lengthDelimited(2),
  indexSteps: lengthDelimited(4),
  counts: lengthDelimited(5),
} as const;

/** Thrown for what the generated code is to read. */
class Unusual extends Error {}

function split(bytes: Uint8Array, ...of: readonly number[]) {
  const parts = splitMessage(bytes, of);
  if (parts === null) throw new Unusual();
  return parts;
}

/** A message that the generated code has read to its end: where something is broken it stops before. */
function whole<Wire>({ decode }: { readonly decode: (reader: BinaryReader) => Wire }, bytes: Uint8Array): Wire {
  const reader = new BinaryReader(bytes);
  const wire = decode(reader);
  if (reader.pos !== reader.len) throw new Unusual();
  return wire;
}

function readCell(bytes: Uint8Array): LatencyCell | string {
  const { head, tail } = split(bytes, keys.indexSteps, keys.counts);
  const [steps, counts, more] = tail;
  const wire = whole(CellWire, head);
  if (steps?.key !== keys.indexSteps || counts?.key !== keys.counts || more !== undefined) throw new Unusual();
  if (wire.index_steps.length > 0 || wire.counts.length > 0) throw new Unusual();
  const numbers = readPacked(counts.bytes);
  const sums = numbers === null ? null : readSums(steps.bytes, numbers.length);
  if (numbers === null || sums === null) throw new Unusual();
  return toCell(wire, sums, numbers);
}

const readCells = (fields: readonly TailField[]): readonly LatencyCell[] | string =>
  decodeAll(fields, (field) => readCell(field.bytes));

function readInterval({ bytes }: TailField): Interval | string {
  const { head, tail } = split(bytes, keys.latenciesOfInterval);
  return toInterval(whole(IntervalWire, head), readCells(tail));
}

function readPrepare(fields: readonly TailField[]): PrepareResult | null | string {
  const [field, more] = fields;
  if (field === undefined) return null;
  if (more !== undefined) throw new Unusual();
  const { head, tail } = split(field.bytes, keys.latenciesOfPrepare);
  return toPrepare(whole(PrepareSummary, head), readCells(tail));
}

/** @throws Unusual, and whatever the generated code throws */
function read(bytes: Uint8Array): AgentMessage | string | null {
  const { head, tail } = split(bytes, keys.intervals, keys.latencies, keys.prepareSummary);
  const wire = whole(AgentWire, head);
  if (!isReport(wire)) return tail.length === 0 ? decodeAgent(wire) : null;
  const of = (key: number): readonly TailField[] => tail.filter((field) => field.key === key);
  return toReport(wire, {
    intervals: decodeAll(of(keys.intervals), readInterval),
    cells: readCells(of(keys.latencies)),
    prepare: readPrepare(of(keys.prepareSummary)),
  });
}

/** A message of an agent; a text: why it is none; null: the generated code is to read it. */
export function readInPlace(bytes: Uint8Array): AgentMessage | string | null {
  try {
    return read(bytes);
  } catch {
    return null;
  }
}
