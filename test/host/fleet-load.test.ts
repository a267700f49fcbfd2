import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { LatencyTable } from "../../src/fleet/latencies/index.ts";
import type { LoadConfig, LoadPart } from "../../src/fleet/load/index.ts";
import { LoadRun, loadSchema } from "../../src/fleet/load/index.ts";
import type { FinalReport } from "../../src/fleet/model/index.ts";

const scratch = mkdtempSync(join(tmpdir(), "corral-load-"));
after(() => rmSync(scratch, { recursive: true }));

const alone: LoadPart = { index: 0, count: 1, pathPrefix: "" };
const configOf = (written: object): LoadConfig => v.parse(loadSchema, written);

async function resultOf(written: object, part = alone): Promise<FinalReport> {
  const run = new LoadRun(configOf(written), part);
  const never = new AbortController().signal;
  await run.prepare(never, () => {});
  const result = await run.run(never);
  await run.close();
  return result;
}

const figuresOf = ({ cells }: FinalReport) => LatencyTable.of(cells).sum();

describe("the closed model", () => {
  test("reads and writes memory, and counts nothing of the warm-up", async () => {
    const written = { memory: { size: "1M" }, operations: { get: 1, put: 1 }, size: "4K", duration: "200ms" };
    const result = await resultOf({ ...written, "warm-up": "100ms", concurrency: 2 });
    const { latencies, bytes } = figuresOf(result);
    const { getOperations, putOperations, getBytes, putBytes, errors } = result.totals;
    assert.equal(BigInt(latencies.count), getOperations + putOperations);
    assert.ok(getOperations > 0n && putOperations > 0n);
    assert.deepEqual([bytes, getBytes, errors], [getBytes + putBytes, getOperations * 4096n, 0n]);
    assert.ok(result.wallMs >= 200);
    assert.deepEqual(
      result.prepare?.cells.map(({ operation }) => operation),
      ["put"],
    );
  });

  test("reads, writes, looks at and removes files, and leaves nothing", async () => {
    const path = join(scratch, "files");
    const operations = { get: 4, put: 4, stat: 1, delete: 1 };
    const result = await resultOf({ file: { path, files: 5 }, operations, size: "10K", duration: "300ms" });
    assert.equal(result.totals.errors, 0n);
    assert.equal(result.totals.getBytes, result.totals.getOperations * 10_240n);
    assert.ok(result.totals.metaOperations > 0n);
    assert.equal(LatencyTable.of(result.prepare?.cells ?? []).sum().bytes, 51_200n);
    assert.equal(existsSync(path), false);
  });

  test("shares files out among agents that see the same ones, and every file is somebody's", async () => {
    const path = join(scratch, "shared");
    for (const index of [0, 1, 2]) {
      const written = { file: { path, files: 7, keep: true }, size: 1, duration: "10ms" };
      await resultOf(written, { index, count: 3, pathPrefix: "" });
    }
    assert.equal(readdirSync(path).length, 7);
    const own = { index: 0, count: 3, pathPrefix: "agent-1/" };
    await resultOf({ file: { path, files: 4, keep: true }, size: 1, duration: "10ms" }, own);
    assert.equal(readdirSync(join(path, "agent-1")).length, 4);
  });

  test("counts what fails as errors and not as operations", async () => {
    const path = join(scratch, "broken");
    const run = new LoadRun(configOf({ file: { path, files: 2 }, duration: "100ms", concurrency: 2 }), alone);
    const never = new AbortController().signal;
    await run.prepare(never, () => {});
    rmSync(path, { recursive: true });
    const { totals, cells } = await run.run(never);
    assert.ok(totals.errors > 0n);
    assert.deepEqual([totals.getOperations, cells], [0n, []]);
  });

  test("ends when it is told to, and keeps what was done", async () => {
    const run = new LoadRun(configOf({ memory: {}, duration: "60s" }), alone);
    const over = new AbortController();
    await run.prepare(over.signal, () => {});
    setTimeout(() => over.abort(), 50);
    const result = await run.run(over.signal);
    assert.ok(result.totals.getOperations > 0n);
    assert.ok(result.wallMs < 30_000);
  });

  test("asks a server, whose refusals are errors", async () => {
    let asked = 0;
    const server = createServer((request, answer) => {
      asked += 1;
      if (request.method === "HEAD") return void answer.writeHead(405).end();
      answer.writeHead(asked % 2 === 0 ? 200 : 503).end("x".repeat(100));
      return undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const result = await resultOf({ http: { url: `http://127.0.0.1:${port}/` }, duration: "200ms", concurrency: 2 });
    server.close();
    server.closeAllConnections();
    assert.ok(result.totals.getOperations > 0n && result.totals.errors > 0n);
    assert.equal(result.totals.getBytes, result.totals.getOperations * 100n);
  });
});

describe("the open model", () => {
  test("counts latencies from when operations were due, so that a server that stands still shows", async () => {
    let isStill = false;
    const server = createServer((_, answer) => {
      const finish = (): void => void answer.end("x");
      if (isStill) void sleep(300).then(finish);
      else finish();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    setTimeout(() => {
      isStill = true;
      setTimeout(() => {
        isStill = false;
      }, 300);
    }, 200);
    // One at a time: a closed model would see one slow operation, and a hundred that were not there.
    const written = { http: { url: `http://127.0.0.1:${port}/` }, duration: "1s", rate: 200, concurrency: 1 };
    const result = await resultOf(written);
    server.close();
    server.closeAllConnections();
    const { latencies } = figuresOf(result);
    // Of 200 operations 60 are due meanwhile, and 40 of them more than 100 ms before it ends.
    assert.ok((latencies.percentileUs(85) ?? 0) > 100_000);
    assert.equal(BigInt(latencies.count) + result.totals.errors, 200n);
  });

  test("keeps its rate where there is room for it", async () => {
    const result = await resultOf({ memory: { size: "1M" }, duration: "500ms", rate: 1000, concurrency: 4 });
    assert.equal(result.totals.getOperations + result.totals.errors, 500n);
  });
});
