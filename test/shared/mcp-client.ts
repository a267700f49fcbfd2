import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { ToolResult } from "../../src/guard/client/index.ts";

/** What a tool of `corral mcp` answered. */
export interface Answered {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: {
    readonly exit_code: number | null;
    readonly result: ToolResult | null;
    readonly stdout: { readonly text: string; readonly bytes: number; readonly omitted_bytes: number };
    readonly feedback: string | null;
    readonly [key: string]: unknown;
  };
}

/** A client of the protocol's own SDK, connected to a server that it has started. */
export interface McpPeer {
  readonly client: Client;
  readonly pid: number;
  call(name: string, given?: Record<string, unknown>): Promise<Answered>;
  close(): Promise<void>;
}

/** Starts a server by its command line and shakes hands with it. */
export async function startMcp(
  [command = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<McpPeer> {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stderr: "inherit",
  });
  const client = new Client({ name: "corral-test", version: "1" });
  await client.connect(transport);
  // It knows what the tools promise to answer from now on, and refuses what does not fit.
  await client.listTools();
  return {
    client,
    pid: transport.pid ?? 0,
    call: async (name, given = {}) =>
      toAnswered(
        (await client.callTool({ name, arguments: given }, undefined, { timeout: 120_000 })) as CallToolResult,
      ),
    close: () => client.close(),
  };
}

function toAnswered({ content, structuredContent, isError }: CallToolResult): Answered {
  const text = content.map((one) => (one.type === "text" ? one.text : "")).join("");
  return { isError: isError === true, text, structured: (structuredContent ?? {}) as Answered["structured"] };
}
