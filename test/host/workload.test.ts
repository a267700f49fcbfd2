import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { sleep } from "../shared/timing.ts";

const bench = openBench();

type Result = Readonly<Record<string, string | number | boolean | null>>;

const isResult = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync("schemas/workload.schema.json", "utf8")) as object,
);

async function run(program: string, flags: readonly string[] = []): Promise<Result> {
  const { status, out, err } = await bench.corral(["workload", program, "--duration-sec", "1", "--json", ...flags]);
  assert.deepEqual([status, err], [0, ""]);
  assert.equal(out.split("\n").length, 2);
  const result = JSON.parse(out) as Result;
  assert.ok(isResult(result), JSON.stringify(isResult.errors));
  return result;
}

/** The keys of a result up to the last of the original's. */
const originalKeys = (result: Result): string[] => {
  const keys = Object.keys(result);
  return keys.slice(0, keys.indexOf("elapsed_ms") + 1);
};

const small = ["--region-mb", "16"];
const arena = ["--use-mem-arena", "--arena-cap-mb", "16"];
const policyKeys = ["compress_policy", "external_compress_triggers"];
const trio = ["arena_compress_ops", "arena_decompress_ops", "arena_evictions_lru"];

describe("results", () => {
  test("the keys of the original come first, in its order", async () => {
    const shapes: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ["anon-streamer", small, ["passes", "region_mb", "use_mem_arena", "use_process_pager", ...policyKeys]],
      ["random-touch-heap", small, ["ops", "region_mb", "use_mem_arena", "use_process_pager", ...policyKeys]],
      ["mmap-churn", [], ["ops", "map_kb", "use_mem_arena", "use_process_pager", "arena_region_mb", ...policyKeys]],
      ["interactive-burst", [...small, ...arena], ["touches", "region_mb", "use_mem_arena", ...policyKeys, ...trio]],
      ["fork-exit-storm", [], ["forks"]],
      ["fork-touch-exit", [], ["forks", "touch_pages"]],
      ["fork-exec-storm", [], ["execs", "exec_path"]],
    ];
    const results = await Promise.all(shapes.map(([program, flags]) => run(program, flags)));
    shapes.forEach(([program, , keys], at) => {
      const result = results[at] ?? {};
      assert.deepEqual(originalKeys(result), ["workload", ...keys, "elapsed_ms"]);
      assert.equal(result["workload"], program.replaceAll("-", "_"));
      assert.equal(result["schema"], "corral.workload/1");
    });
  });

  test("without --json it is one line of the same names and values", async () => {
    const { status, out } = await bench.corral(["workload", "anon_streamer", "--duration-sec", "1", ...small]);
    assert.equal(status, 0);
    assert.match(out, /^workload=anon_streamer passes=\d+ region_mb=16 use_mem_arena=false .* stopped_by=-\n$/);
  });
});

describe("processes", { concurrency: 2 }, () => {
  test("a storm makes exactly as many processes as were asked for", async () => {
    const flags = ["--workers", "3", "--fork-rate", "20"];
    const { forks, failed, behind, latency_count: timed } = await run("fork-exit-storm", flags);
    assert.deepEqual({ forks, failed, behind, timed }, { forks: 60, failed: 0, behind: 0, timed: 60 });
    const touched = await run("fork-touch-exit", [...flags, "--touch-pages", "256"]);
    assert.deepEqual([touched["forks"], touched["failed"], touched["touch_pages"]], [60, 0, 256]);
  });

  test("a program that fails is counted, and one that is none is refused", async () => {
    const failing = await run("fork-exec-storm", ["--workers", "1", "--exec-path", "/bin/false"]);
    assert.deepEqual([failing["execs"], failing["failed"]], [10, 10]);
    const { status, err } = await bench.corral(["workload", "fork-exec-storm", "--exec-path", "/no/such"]);
    assert.deepEqual(
      [status, err],
      [2, '[corral] --exec-path "/no/such" cannot be executed: ENOENT; name a program by its path\n'],
    );
  });
});

describe("memory", { concurrency: 3 }, () => {
  test("a rate is reached and told, with latencies from when each operation was to be", async () => {
    const result = await run("random-touch-heap", [...small, "--ops-per-sec", "20000", "--zipf-theta", "0.99"]);
    assert.equal(result["asked_per_sec"], 20_000);
    assert.ok(Number(result["ops"]) + Number(result["behind"]) >= 20_000);
    assert.equal(result["latency_count"], result["ops"]);
    assert.ok(Number(result["latency_p50_us"]) <= Number(result["latency_p999_us"]));
  });

  test("memory is really used: the kernel counts all of it", async () => {
    const inArena = ["--use-mem-arena", "--arena-cap-mb", "64", "--compress-policy", "external"];
    for (const flags of [[], inArena]) {
      const { pss_bytes: pss } = await run("anon-streamer", ["--region-mb", "128", ...flags]);
      assert.ok(Number(pss) > 128 * 2 ** 20, String(pss));
    }
  });

  test("what pages hold decides what compression saves, and random pages save nothing", async () => {
    const saved = async (...flags: string[]): Promise<number> => {
      const result = await run("anon-streamer", [...small, ...arena, "--idle-ms", "2000", ...flags]);
      return Number(result["most_saved_bytes"]) / (16 * 2 ** 20);
    };
    const shares = await Promise.all([
      saved("--content", "zero"),
      saved("--content", "json"),
      saved("--random-pct", "50"),
      saved("--content", "random"),
    ]);
    const [zero, json, half, noise] = shares;
    const told = shares.join(" ");
    assert.ok(zero > 0.9 && json > 0.3 && json < zero && half > 0.4 && half < 0.6 && noise < 0.05, told);
  });

  test("without the addon it is done in JavaScript", async () => {
    const flags = ["--duration-sec", "1", "--json", "--arena-region-mb", "16", "--ops-per-sec", "50", ...arena];
    const { status, out } = await bench.corral(["workload", "mmap-churn", ...flags], { env: { CORRAL_NO_ADDON: "1" } });
    const { ops, behind, arena_mode: mode } = JSON.parse(out) as Result;
    assert.deepEqual([status, Number(ops) + Number(behind), mode], [0, 50, "plain"]);
  });

  test("a saving counts for as long as it lasts", async () => {
    const result = await run("anon-streamer", [...small, ...arena, "--idle-ms", "5000"]);
    const [retained, most] = [Number(result["retained_saving_byte_sec"]), Number(result["most_saved_bytes"])];
    const share = retained / (most * (Number(result["elapsed_ms"]) / 1000));
    // Compressed after the first pass, which takes milliseconds, and left alone until the end.
    assert.ok(most > 15 * 2 ** 20 && share > 0.5 && share < 1, `${most} ${share}`);
  });

  test("the statistics of the arena have the names of the original first", async () => {
    const file = bench.fresh("arena.json");
    await run("mmap-churn", [...arena, "--arena-region-mb", "16", "--arena-stats-json", file]);
    const document = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(document).slice(0, 11), [
      ...[
        "workload",
        "logical_input_bytes",
        "compressed_bytes_live",
        "slot_bytes_live",
        "compress_ops",
        "decompress_ops",
      ],
      ...["evictions_lru", "incompressible_chunks", "access_hits_raw", "access_hits_decompressed"],
      "compression_reject_small_gain",
    ]);
    assert.equal(document["schema"], "corral.arena/1");
  });
});

describe("the end", { concurrency: 4 }, () => {
  for (const [program, flags] of [
    ["anon-streamer", ["--region-mb", "16", "--idle-ms", "30000"]],
    ["random-touch-heap", ["--region-mb", "16"]],
    ["fork-exit-storm", []],
  ] as const)
    test(`${program} that is told to end tells what it has done`, async () => {
      const started = bench.start(["workload", program, ...flags, "--json", "--duration-sec", "60"]);
      await sleep(1500);
      started.kill("SIGTERM");
      const { status, out } = await started.ended;
      const result = JSON.parse(out) as Result;
      assert.equal(status, 143);
      assert.equal(result["stopped_by"], "SIGTERM");
      assert.ok(Number(result["elapsed_ms"]) < 30_000);
      assert.ok(Number(result["passes"] ?? result["ops"] ?? result["forks"]) > 0);
    });

  test("USR1, by which the original asks, opens no debugger and ends nothing", async () => {
    const started = bench.start(["workload", "anon-streamer", ...small, "--json", "--duration-sec", "2"]);
    await sleep(1000);
    started.kill("SIGUSR1");
    const { status, err } = await started.ended;
    assert.deepEqual([status, err], [0, ""]);
  });
});

describe("mistakes", { concurrency: 4 }, () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["anon-streamer", "--region-mb", "0"], '--region-mb expects a whole number from 1 to 16384, not "0"'],
    [["anon-streamer", "--duration-sec", "1.5"], '--duration-sec expects a whole number from 1 to 3600, not "1.5"'],
    [["anon-streamer", "--duration-sec", "301"], "--duration-sec is at most 300; --unsafe-allow-long allows 3600"],
    [["fork-exit-storm", "--workers", "513"], "--workers is at most 512; --unsafe-allow-long allows 4096"],
    [["anon-streamer", "--controller-enroll"], "--controller-enroll needs the memory arena; add --use-mem-arena"],
    [["mmap-churn", "--compress-policy", "both"], "--compress-policy needs the memory arena; add --use-mem-arena"],
    [["mmap-churn", "--compress-policy", "all"], "--compress-policy is one of internal, external, both"],
    [["random-touch-heap", "--zipf-theta", "9"], '--zipf-theta expects a number from 0 to 3, not "9"'],
    [["anon-streamer", "--content", "xml"], "--content is one of zero, json, text, pointer, random"],
    [["matrix", "--only", "anon_streamer,x"], "--only takes anon-streamer"],
  ];
  for (const [words, message] of cases)
    test(`workload ${words.join(" ")} is refused`, async () => {
      const { status, out, err } = await bench.corral(["workload", ...words]);
      assert.deepEqual([status, out], [2, ""]);
      assert.ok(err.startsWith(`[corral] ${message}`), err);
      assert.equal(err.split("\n").length, 2);
    });
});

expectNoLeftovers(bench);
