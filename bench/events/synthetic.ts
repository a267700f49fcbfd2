import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { BpfReader } from "../../src/events/bpf-reader.ts";
import { EventQueue } from "../../src/events/event-queue.ts";
import { openTraceSource, type TraceEvent } from "../../src/events/index.ts";
import { decodeBpfRecord } from "../../src/kernel/bpf-record.ts";
import { RingReader } from "../../src/kernel/bpf-ring.ts";
import type { BpfLifecycle, BpfProgram } from "../../src/kernel/index.ts";

const pageBytes = 4096;
const ringBytes = 8 << 20;

/** What an exec tells one after the other: the path as given, the arguments, the file that runs. */
const [given, argv, file] = ["/usr/bin/true\0", "/usr/bin/true\0an\0argument\0", "/usr/bin/true"];

/** Writes a record as the kernel does; returns the bytes it takes. */
function writeRecord(ring: Buffer, at: number, kind: number, tgid: number): number {
  const text = Buffer.from(kind === 2 ? `${given}${argv}${file}` : "");
  const bytes = kind === 1 ? 56 : kind === 3 ? 64 : (64 + text.length + 7) & ~7;
  ring.writeUInt32LE(bytes, at);
  const from = at + 8;
  ring.writeBigUInt64LE(process.hrtime.bigint(), from);
  ring.writeBigUInt64LE(BigInt(tgid), from + 8);
  ring.writeBigUInt64LE(4242n, from + 16);
  for (const [index, word] of [kind, tgid, 1, 1000].entries()) ring.writeUInt32LE(word, from + 24 + 4 * index);
  ring.write("true", from + 40, "latin1");
  if (kind === 2) {
    for (const [index, part] of [given, argv, file].entries()) ring.writeUInt16LE(part.length, from + 56 + 2 * index);
    text.copy(ring, from + 64);
  }
  return bytes + 8;
}

/** A ring full of forks, execs and exits of processes that live one after the other. */
function fillRing(): { readonly memory: { consumer: ArrayBuffer; producer: ArrayBuffer }; readonly records: number } {
  const memory = { consumer: new ArrayBuffer(pageBytes), producer: new ArrayBuffer(pageBytes + 2 * ringBytes) };
  const data = Buffer.from(memory.producer, pageBytes);
  let at = 0;
  let records = 0;
  for (let tgid = 100_000; at + 1024 < ringBytes; tgid += 1)
    for (const kind of [1, 2, 3]) {
      at += writeRecord(data, at, kind, tgid);
      records += 1;
    }
  new BigUint64Array(memory.producer, 0, 1)[0] = BigInt(at);
  return { memory, records };
}

/** A program whose ring is ordinary memory. */
function programOver(reader: RingReader<BpfLifecycle>): BpfProgram<BpfLifecycle> & { readonly look: () => void } {
  let onReadable: () => void = () => {};
  return {
    ringBytes,
    look: () => onReadable(),
    read: (most) => reader.read(most),
    get writtenTo() {
      return reader.writtenTo;
    },
    get readTo() {
      return reader.readTo;
    },
    lost: () => 0,
    misses: () => 0,
    setWaking: () => {},
    watch: (callback) => {
      onReadable = callback;
      return { close: () => {}, ref: () => {}, unref: () => {}, setEvents: () => {} };
    },
    mover: {
      isActive: false,
      reset: () => {},
      addProgram: () => {},
      addGroup: () => {},
      during: (act) => act(),
      take: () => [],
    },
    close: () => {},
  };
}

/** Events a second from a full ring to the body of a `for await`, all on this thread. */
async function readFullRing(): Promise<number> {
  const { memory, records } = fillRing();
  const reader = new RingReader<BpfLifecycle>(
    memory,
    ringBytes,
    (views, from) => decodeBpfRecord(views, from) as BpfLifecycle,
  );
  const lifecycle = programOver(reader);
  const queue = new EventQueue<TraceEvent>(65_536);
  const source = new BpfReader({ lifecycle, opens: null, readline: null }, queue, null, () => {});
  const begin = performance.now();
  let count = 0;
  const look = (): void => {
    lifecycle.look();
    if (reader.readTo < reader.writtenTo) setImmediate(look);
  };
  setImmediate(look);
  while (count < records) {
    await queue.next();
    count += 1;
  }
  const took = performance.now() - begin;
  source.stop();
  return (records / took) * 1000;
}

/** As `readFullRing`, best of some: the first has to be compiled. */
export async function measureFullRing(rounds: number): Promise<number> {
  let best = 0;
  for (let round = 0; round < rounds; round += 1) best = Math.max(best, await readFullRing());
  return best;
}

/** What came of a flood of opens made on another CPU. */
export interface Flood {
  /** A second: made, told, lost. */
  readonly made: number;
  readonly told: number;
  readonly lost: number;
  /** Lifecycle events lost meanwhile. */
  readonly lifecycleLost: number;
  /** CPU time of this process for each event told, nanoseconds. */
  readonly cpuNs: number;
}

export async function measureFlood(scratch: string, seconds: number): Promise<Flood> {
  const { source } = await openTraceSource({ prefer: "bpf", opens: true });
  let told = 0;
  void (async () => {
    for await (const event of source) if (event.kind === "open" && event.path === "/corral-flood") told += 1;
  })();
  const before = process.cpuUsage();
  const { stdout } = await promisify(execFile)(path.join(scratch, "flood"), [String(seconds)]);
  const { user, system } = process.cpuUsage(before);
  const { kernelBuffer, neverSent, queue, traces } = source.counters().lost;
  await source.close();
  return {
    made: Number(stdout) / seconds,
    told: told / seconds,
    lost: traces / seconds,
    lifecycleLost: kernelBuffer + neverSent + queue,
    cpuNs: ((user + system) * 1000) / Math.max(told, 1),
  };
}
