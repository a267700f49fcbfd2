import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import type { McpPeer } from "../shared/mcp-client.ts";
import { startMcp } from "../shared/mcp-client.ts";
import { clearPlace, startGuard } from "../vm/guard/support.ts";

const noGuard = "/nonexistent/guard.sock";
let peer: McpPeer;
before(async () => {
  peer = await startMcp([process.execPath, "dist/corral.cjs", "mcp", "--socket", noGuard]);
});
after(() => peer.close());

test("a client of the protocol's SDK learns who serves and which tools there are", async () => {
  assert.equal(peer.client.getServerVersion()?.name, "corral");
  assert.match(peer.client.getInstructions() ?? "", /budget_status/);
  const { tools } = await peer.client.listTools();
  assert.deepEqual(
    tools.map(({ name, annotations, inputSchema }) => [name, annotations?.readOnlyHint, inputSchema.required ?? []]),
    [
      ["run_with_budget", false, ["command"]],
      ["budget_status", true, []],
    ],
  );
});

test("where no guard runs every tool says so, and what to do", async () => {
  const why = `[GUARD_UNREACHABLE] no corral guard answers at ${noGuard}: ENOENT; start corral guard`;
  for (const [name, given] of [
    ["run_with_budget", { command: ["true"] }],
    ["budget_status", {}],
  ] as const) {
    const { isError, text } = await peer.call(name, given);
    assert.deepEqual([isError, text.startsWith(why)], [true, true], text);
  }
});

test("arguments that are none are refused before anything runs", async () => {
  const { isError, text } = await peer.call("run_with_budget", { command: "ls -l" });
  assert.deepEqual([isError, text.startsWith("[USAGE] ")], [true, true], text);
});

test("a tool that there is not is an error of the protocol", async () => {
  await assert.rejects(peer.call("format_disk"), /there is no tool "format_disk"/);
});

test("the server ends with its input, and says nothing but the protocol on stdout", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/corral.cjs", "mcp"], {
    input: '{"jsonrpc":"2.0","id":7,"method":"ping"}\n',
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout, stderr], [0, '{"result":{},"jsonrpc":"2.0","id":7}\n', ""]);
});

test("a line that is no JSON, or no message, is answered, and the next one heard", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/corral.cjs", "mcp"], {
    input: 'no JSON\n{"method":7}\n{"jsonrpc":"2.0","id":7,"method":"ping"}\n',
    encoding: "utf8",
  });
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  assert.deepEqual(
    [status, stderr, answers],
    [
      0,
      "",
      [
        { jsonrpc: "2.0", id: null, error: { code: -32700, message: "the line is no JSON" } },
        { jsonrpc: "2.0", id: null, error: { code: -32600, message: "the line is no message of JSON-RPC 2.0" } },
        { result: {}, jsonrpc: "2.0", id: 7 },
      ],
    ],
  );
});

test("a value of its own that is none is refused in JSON's words, before anything runs", async () => {
  for (const [given, why] of [
    [
      { limits: { memory: "lots" } },
      '[USAGE] limits.memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "lots"',
    ],
    [{ timeout: "5" }, '[USAGE] timeout expects a duration such as 30s or 5m, not "5"'],
    [{ command: ["echo", 7] }, "[USAGE] command[1] expects a text, not 7"],
  ] as const) {
    const { isError, text } = await peer.call("run_with_budget", { command: ["true"], ...given });
    assert.deepEqual([isError, text], [true, why]);
  }
});

test("parts of a hint that are not heeded are told to the model and in the result", { skip }, async () => {
  const place = newHostPlace();
  // Without controllers no limit holds, and none is looked at here.
  const env = withoutControllers;
  const guard = await startGuard(place, { config: "{ version: 1, sessions: [{ name: s }] }", env });
  const inSession = ["--session", "s", "--socket", guard.socket];
  const own = await startMcp([process.execPath, "dist/corral.cjs", "mcp", ...inSession]);
  try {
    const { isError, text, structured } = await own.call("run_with_budget", {
      command: ["true"],
      hint: "gpu=1 pids=9",
    });
    assert.equal(isError, false, text);
    assert.match(
      text,
      /^exit code 0, .*\n\[Resource\] The hint was not heeded as a whole: part 1 is none of memory, .*\.$/,
    );
    assert.deepEqual(structured.result?.hint_ignored, [{ part: 1, key: null, why: "unknown" }]);
  } finally {
    await own.close();
    await guard.end("SIGKILL");
    await clearPlace(place);
  }
});

test("what no other command needs of the protocol is a file of its own", () => {
  const mark = "notifications/cancelled";
  const has = (file: string): boolean => readFileSync(`dist/${file}.cjs`, "utf8").includes(mark);
  assert.deepEqual(["corral", "run", "program", "mcp"].map(has), [false, false, false, true]);
});
