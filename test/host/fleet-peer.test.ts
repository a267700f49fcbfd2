/** An agent, driven by a controller that was written in Python from fleet.proto alone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/kernel/index.ts";
import { openBench } from "../shared/bench.ts";
import { startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { requires } from "../shared/requires.ts";

const bench = openBench();
const root = packageRoot();
const token = "0123456789abcdef0123456789abcdef";

/** A Python that has gRPC: Debian's, wherever another one comes first on PATH. */
const python = ["/usr/bin/python3", "python3"].find(
  (one) => spawnSync(one, ["-c", "import grpc, grpc_tools"]).status === 0,
);

interface PeerRun {
  readonly statuses: readonly string[];
  readonly sequences: readonly number[];
  readonly pings: readonly number[];
  readonly completed: boolean;
  readonly error: string;
  readonly cause: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly get_ops: number;
  readonly result_schema: string | null;
}

const bash = (script: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ command: ["bash", "-c", script], ...more });

test("it runs to success, abort and error, and to success again", async (t) => {
  const missing = python === undefined ? "needs python3-grpcio and python3-grpc-tools" : null;
  if (!requires(t, missing) || python === undefined) return;
  const tokenFile = bench.fresh("token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const agent = await startAgent(t, bench, ["--allow-all", "--token-file", tokenFile]);
  const metrics = { p99_us: { line: "p99={}us" }, get_operations: { line: "n={}" } };
  const runs = [
    { config: bash('sleep 0.3; echo "n=9007199254740991 p99=12.5us"', { metrics }), abort: false },
    { config: bash("sleep 1000"), abort: true },
    { config: bash("exit 5"), abort: false },
    { config: JSON.stringify({ nonsense: true }), abort: false },
    { config: bash("true"), abort: false },
  ];
  const peer = bench.start(
    [
      path.join(root, "test/host/fixtures/fleet-peer.py"),
      path.join(root, "src/fleet/wire/fleet.proto"),
      agent.address,
      token,
    ],
    { program: [python], input: JSON.stringify(runs), limitMs: 60_000 },
  );
  const { status, out, err } = await peer.ended;
  assert.equal(status, 0, err);
  const [ping, ...told] = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(ping, { ping_id: 7, capabilities: ["command", "scenario", "load"], skew_ok: true });
  const [success, abort, error, rejected, again] = told as PeerRun[];
  for (const one of told as PeerRun[])
    assert.deepEqual(
      one.sequences,
      Array.from({ length: one.sequences.length }, (_, at) => at + 1),
    );
  for (const one of [success, again]) {
    assert.deepEqual([one?.statuses[0], one?.statuses.at(-1), one?.completed], ["READY", "COMPLETED", true]);
    assert.equal(one?.result_schema, "corral.fleet-work/1");
    assert.deepEqual(one?.pings, [3]);
  }
  assert.deepEqual([success?.metrics, success?.get_ops], [{ p99_us: 12.5 }, Number.MAX_SAFE_INTEGER]);
  assert.deepEqual([abort?.statuses.at(-1), abort?.error], ["ABORTED", "from afar"]);
  assert.deepEqual([error?.cause, error?.error], ["WORKLOAD_FAILED", "/usr/bin/bash ended with status 5"]);
  assert.deepEqual([rejected?.statuses, rejected?.cause], [["ERROR"], "CONFIG_REJECTED"]);
});

expectNoLeftovers(bench);
