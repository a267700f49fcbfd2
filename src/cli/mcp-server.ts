/**
 * The Model Context Protocol on stdin and stdout, by its SDK: a file of its own in dist/, loaded by `corral mcp` alone, so that
 * no other command pays for it. It knows tools as data and nothing of Corral.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { McpAnswer, McpCall, McpTool } from "../guard/mcp/index.ts";

export interface McpServerOptions {
  readonly version: string;
  readonly instructions: string;
  readonly tools: readonly McpTool[];
  /** What the model is told of a failure. */
  readonly explain: (thrown: unknown) => string;
}

const toResult = ({ text, structured, isError }: McpAnswer): CallToolResult => ({
  content: [{ type: "text", text }],
  ...(structured === null ? {} : { structuredContent: structured }),
  isError,
});

const describeTool = ({ name, title, description, inputSchema, outputSchema, readOnly }: McpTool) => ({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations: { title, readOnlyHint: readOnly, destructiveHint: !readOnly, openWorldHint: !readOnly },
});

/** Serves until the other side closes stdin; what runs then is cancelled. */
export async function serveMcp({ version, instructions, tools, explain }: McpServerOptions): Promise<void> {
  const info = { name: "corral", title: "Corral", version };
  const server = new Server(info, { capabilities: { tools: {} }, instructions });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(describeTool) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined)
      throw new McpError(ErrorCode.InvalidParams, `there is no tool ${JSON.stringify(params.name)}`);
    const token = _meta?.progressToken;
    const onProgress: McpCall["onProgress"] = (progress, message) => {
      if (token === undefined) return;
      const note = { method: "notifications/progress" as const, params: { progressToken: token, progress, message } };
      sendNotification(note).catch(() => {});
    };
    const call = { arguments: params.arguments ?? {}, signal, onProgress: token === undefined ? null : onProgress };
    return toResult(await tool.call(call).catch((thrown: unknown) => failure(explain(thrown))));
  });
  const closed = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
    server.onclose = resolve;
  });
  // The transport reads stdin, but does not tell its end.
  process.stdin.once("end", () => void server.close());
  process.stdin.once("close", () => void server.close());
  const transport = new StdioServerTransport();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  transport.onerror = answerNoMessage;
  await server.connect(transport);
  await closed;
}

/** What the SDK says nothing to: a line that is no JSON, or no message (JSON-RPC 2.0, 5.1); whose it was nobody can tell. */
function answerNoMessage(error: Error): void {
  const isText = error instanceof SyntaxError;
  if (!isText && error.name !== "ZodError") return;
  const answer = isText
    ? { code: ErrorCode.ParseError, message: "the line is no JSON" }
    : { code: ErrorCode.InvalidRequest, message: "the line is no message of JSON-RPC 2.0" };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error: answer })}\n`);
}

const failure = (text: string): McpAnswer => ({ text, structured: null, isError: true });
