import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { McpPeer } from "../shared/mcp-client.ts";
import { startMcp } from "../shared/mcp-client.ts";

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
    input: '{"jsonrpc":"2.0","id":7,"method":"ping"}\nno JSON\n',
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout, stderr], [0, '{"result":{},"jsonrpc":"2.0","id":7}\n', ""]);
});

test("what no other command needs of the protocol is a file of its own", () => {
  const mark = "notifications/cancelled";
  const has = (file: string): boolean => readFileSync(`dist/${file}.cjs`, "utf8").includes(mark);
  assert.deepEqual(["corral", "run", "program", "mcp"].map(has), [false, false, false, true]);
});
