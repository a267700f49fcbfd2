/**
 * `npm run bench -- arena`: what the arena makes of memory and what that costs, beside the codecs that Node programs use today
 * and beside no arena at all: ratio and time per chunk, event loop held, memory given back, time per access.
 *
 *     npm run bench -- arena [--rounds N] [--mib N] [--json]
 */
import { parseArgs } from "node:util";
import { measureAccess } from "./arena/access.ts";
import { codecs, measureCodecs } from "./arena/codecs.ts";
import { contents } from "./arena/contents.ts";
import { measureHolds } from "./arena/holds.ts";
import { measureSaving } from "./arena/saving.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    mib: { type: "string", default: "64" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const regionBytes = Number(values.mib) * 2 ** 20;
const sliceMs = 1;

const perChunk = measureCodecs(rounds);
const held = await measureHolds(regionBytes, sliceMs);
const saved = await measureSaving(regionBytes);
const access = measureAccess(rounds);

const p99Of = (way: string): number => held.find(({ name }) => name === way)?.p99Ms ?? Number.NaN;
const ratioOf = (content: string): number => saved.find(({ name }) => name === content)?.claimOfMeasured ?? Number.NaN;
const targets: Target[] = [
  { name: `event loop held by the arena, p99 ms, slice ${sliceMs} ms`, value: p99Of("arena, addon"), limit: sliceMs },
  { name: "the same without the addon", value: p99Of("arena, JavaScript"), limit: sliceMs },
  { name: "JSON: saving claimed / PSS that the kernel says is gone", value: ratioOf("JSON"), limit: 1.02 },
  {
    name: "random: saving claimed / region",
    value: saved.find(({ name }) => name === "random")?.claimOfRegion ?? 1,
    limit: 0,
  },
];

if (values.json) {
  process.stdout.write(`${JSON.stringify({ rounds, regionBytes, perChunk, held, saved, access, targets }, null, 2)}\n`);
} else {
  for (const chunkBytes of [4096, 65_536]) {
    const rows = contents.map(({ name }) => [
      name,
      ...codecs.map((codec) => {
        const one = perChunk.find(
          (figure) => figure.codec === codec.name && figure.content === name && figure.chunkBytes === chunkBytes,
        );
        return one === undefined
          ? "-"
          : `${fixed(one.ratio)} ${fixed(one.compressUs, 1)}/${fixed(one.decompressUs, 1)}`;
      }),
    ]);
    console.log(`\nChunks of ${chunkBytes} bytes: ratio, µs to compress / decompress (medians of ${rounds} rounds)\n`);
    console.log(table(["content", ...codecs.map(({ name }) => name)], rows));
  }
  console.log(`\nEvent loop held while ${values.mib} MiB of JSON are compressed, ms\n`);
  console.log(
    table(
      ["way", "turns", "p50", "p99", "max", "took"],
      held.map(({ name, turns, p50Ms, p99Ms, maxMs, tookMs }) => [
        name,
        String(turns),
        ...[p50Ms, p99Ms, maxMs, tookMs].map((ms) => fixed(ms)),
      ]),
    ),
  );
  console.log(`\nMemory of ${values.mib} MiB of content, MiB\n`);
  const mib = (bytes: number): string => fixed(bytes / 2 ** 20, 1);
  console.log(
    table(
      ["content", "PSS before", "after", "gone", "arena claims", "ratio_e2e", "ms of CPU"],
      saved.map((row) => [
        row.name,
        mib(row.pssBefore),
        mib(row.pssAfter),
        mib(row.pssBefore - row.pssAfter),
        mib(row.claimed),
        fixed(row.ratioEndToEnd),
        fixed(row.cpuMs, 0),
      ]),
    ),
  );
  console.log(`\nOne access, ns (median of ${rounds} rounds)\n`);
  console.log(
    table(
      ["access", "ns"],
      access.map(({ name, ns }) => [name, fixed(ns, 0)]),
    ),
  );
  console.log(`\n${targetLines(targets)}`);
}
process.exitCode = targets.every(holds) ? 0 : 1;
