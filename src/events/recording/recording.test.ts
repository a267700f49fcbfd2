import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Pid } from "../../kernel/index.ts";
import type { FeedItem, FeedOrigin } from "../feed-item.ts";
import { decodeFeedItem, encodeFeedItem, openEventRecording, readEventRecording } from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "corral-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const fresh = (): string => {
  files += 1;
  return path.join(folder, `${files}.jsonl`);
};

const origin: FeedOrigin = {
  source: "bpf",
  pollIntervalMs: null,
  refused: [{ name: "bpf", reason: "no\n" }],
  unmet: [{ wish: "readline", reason: "none" }],
  opens: true,
  readline: true,
  cgroup: "/a\udc80",
  host: "here",
  bootId: "b00t",
  startNs: 2n ** 63n - 1n,
  startTime: "2026-11-28T15:00:00.000Z",
  startTicks: 77,
};

/** Any bytes as kernel/byte-text.ts has them: valid text and lone surrogates. */
const text = fc.string({
  unit: fc.constantFrom("a", '"', "\\", "\n", "\u2028", "\0", "\u{1f600}", "\udc80", "\udcff"),
});
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const big = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const timestampNs = big;
const pid = fc.integer({ min: 1, max: 4_194_304 });
const owner = fc
  .record({ tgid: pid, ticks: orNull(fc.maxSafeNat()), uid: orNull(fc.nat()), cgroupId: orNull(big) })
  .map(({ tgid, ticks, ...rest }) => ({
    tgid,
    identity: ticks === null ? null : { bootId: "b00t", pid: tgid as Pid, startTicks: ticks },
    ...rest,
  }));
const program = fc.record({
  comm: orNull(text),
  exe: orNull(text),
  argv: orNull(fc.array(text)),
  argvTruncated: fc.boolean(),
});
const given = fc.record({ filename: orNull(text) });
const life = fc.record({ timestampNs, ppid: orNull(fc.nat()), reconciled: fc.boolean() });
const source = { source: "bpf" } as const;
const number = orNull(fc.integer());

const item: fc.Arbitrary<FeedItem> = fc.oneof(
  fc.tuple(owner, life).map(([a, b]): FeedItem => ({ kind: "fork", ...a, ...b, ...source })),
  fc
    .tuple(owner, life, program, given)
    .map(([a, b, c, d]): FeedItem => ({ kind: "exec", ...a, ...b, ...c, ...d, ...source })),
  fc
    .tuple(owner, life, fc.record({ status: number, code: number, signal: number, coreDumped: orNull(fc.boolean()) }))
    .map(([a, b, c]): FeedItem => ({ kind: "exit", ...a, ...b, ...c, ...source })),
  fc
    .tuple(owner, fc.record({ timestampNs, comm: text, path: text, flags: fc.integer(), result: number }))
    .map(([a, b]): FeedItem => ({ kind: "open", ...a, ...b, ...source })),
  fc
    .tuple(owner, fc.record({ timestampNs, comm: text, text, truncated: fc.boolean() }))
    .map(([a, b]): FeedItem => ({ kind: "readline", ...a, ...b, ...source })),
  fc
    .tuple(owner, program, fc.record({ timestampNs, ppid: orNull(fc.nat()), executed: fc.boolean() }))
    .map(([a, b, c]): FeedItem => ({ kind: "running", ...a, ...c, program: b })),
  fc.record({ kind: fc.constant("group" as const), id: big, path: text }),
  fc.record({ kind: fc.constant("tick" as const), timestampNs }),
  fc.record({
    kind: fc.constant("loss" as const),
    timestampNs,
    lost: fc.record({ kernelBuffer: fc.nat(), neverSent: fc.nat(), queue: fc.nat(), traces: fc.nat() }),
  }),
);

test("every item comes back exactly as it was, from one line of valid UTF-8", () => {
  fc.assert(
    fc.property(item, (one) => {
      const line = encodeFeedItem(one);
      expect(line).not.toMatch(/\n/);
      expect(Buffer.from(line, "utf8").toString("utf8")).toBe(line);
      expect(decodeFeedItem(line, origin)).toEqual(one);
    }),
    { numRuns: 2000 },
  );
});

test("an exec of a recording that was made before the given path was told is read as if it was not known", () => {
  fc.assert(
    fc.property(fc.tuple(owner, life, program), ([a, b, c]) => {
      const exec: FeedItem = { kind: "exec", ...a, ...b, ...c, ...source, filename: null };
      const old = encodeFeedItem(exec).replace('"filename":null,', "");
      expect(old).not.toContain('filename":null');
      expect(decodeFeedItem(old, origin)).toEqual(exec);
    }),
  );
});

const tick = (timestampNs: bigint): FeedItem => ({ kind: "tick", timestampNs });

function record(items: readonly FeedItem[]): string {
  const file = fresh();
  const recording = openEventRecording(file, origin, "1.2.3");
  for (const one of items) recording.write(one);
  recording.end(99n);
  return file;
}

/** What a reader gets: the items, and how it ended. */
async function readBack(file: string): Promise<{ items: FeedItem[]; end: bigint | string | null }> {
  const items: FeedItem[] = [];
  try {
    const feed = await readEventRecording(file);
    for await (const one of feed.items) items.push(one);
    return { items, end: feed.endNs() };
  } catch (thrown) {
    return { items, end: (thrown as Error).message.replaceAll(folder, "") };
  }
}

test("a recording tells where it comes from, all its items and when it was ended, and is its owner's alone", async () => {
  const items = [tick(1n), tick(2n ** 60n)];
  const file = record(items);
  const feed = await readEventRecording(file);
  await feed.close();
  expect(feed.origin).toEqual(origin);
  expect(await readBack(file)).toEqual({ items, end: 99n });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8").split("\n")[0]).toMatch(
    /^\{"schema":"corral.event-recording\/1","corral":"1.2.3",/,
  );
});

test("a recording larger than any buffer comes back whole", async () => {
  const many = Array.from({ length: 20_000 }, (_, at) => tick(BigInt(at)));
  const { items, end } = await readBack(record(many));
  expect([items.length, items.at(-1), end]).toEqual([20_000, tick(19_999n), 99n]);
});

test("wherever a recording is cut off, its whole items are read and the rest is missed", async () => {
  const whole = readFileSync(record([tick(1n), tick(2n)]));
  const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 10 ? [at + 1] : []));
  for (let length = 0; length < whole.length; length += 1) {
    const file = fresh();
    writeFileSync(file, whole.subarray(0, length));
    const lines = ends.filter((end) => end <= length).length;
    const end =
      lines === 0
        ? 'the recording "/N" is empty, or was cut off in its first line'
        : `the recording "/N" was cut off: ${lines - 1} whole items, and no end`;
    const read = await readBack(file);
    expect([read.items.length, String(read.end).replace(/\d+\.jsonl/, "N")]).toEqual([Math.max(0, lines - 1), end]);
  }
});

test.each([
  ['{"kind":"tick"}', 'is damaged: line 2 has no number as text "timestamp_ns"'],
  ['{"kind":"tock","timestamp_ns":"1"}', 'is damaged: line 2 has an unknown kind "tock"'],
  ["nonsense", "is damaged: line 2 is not JSON"],
  ["[]", "is damaged: line 2 is not an object"],
  ['{"kind":"end","timestamp_ns":"1","items":5}', "is damaged: it has 0 items of 5"],
])("a recording with the line %s is refused: it %s", async (line, message) => {
  const file = fresh();
  const recording = openEventRecording(file, origin, "1.2.3");
  recording.abandon();
  appendFileSync(file, `${line}\n`);
  expect((await readBack(file)).end).toBe(`the recording "/${path.basename(file)}" ${message}`);
});

test("another file is told from a recording", async () => {
  const file = fresh();
  writeFileSync(file, '{"schema":"corral.report/1"}\n');
  expect((await readBack(file)).end).toMatch(
    /is damaged: line 1 is of the form "corral.report\/1", not corral.event-recording\/1$/,
  );
  expect((await readBack(path.join(folder, "none"))).end).toBe('the recording "/none" cannot be read: ENOENT');
});
