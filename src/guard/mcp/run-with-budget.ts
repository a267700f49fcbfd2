import { constants } from "node:os";
import type { ToolResult } from "../client/index.ts";
import { GuardClient } from "../client/index.ts";
import { formatMib } from "../model/index.ts";
import type { RanTool } from "../tools/index.ts";
import { runTool } from "../tools/index.ts";
import type { KeptOutput } from "./bounded-output.ts";
import type { CallArguments } from "./call-arguments.ts";
import { argumentsJsonSchema, plainOutputBytes, toCallArguments, toCallRequest } from "./call-arguments.ts";
import { CallOutput } from "./call-output.ts";
import type { McpAnswer, McpCall, McpTarget, McpTool } from "./mcp-tool.ts";

/** How often it is told that a call still runs. */
const progressMs = 1000;

/** Tells the seconds that a call has run, with its memory as the guard sees it, until the signal. */
function tellProgress(target: McpTarget, id: () => string | null, until: AbortSignal, tell: McpCall["onProgress"]) {
  if (tell === null) return;
  const started = process.hrtime.bigint();
  const client = new GuardClient(target.socket === null ? {} : { socket: target.socket });
  const tick = async (): Promise<void> => {
    const budget = await client.budget(target.session ?? undefined).catch(() => null);
    if (until.aborted) return;
    const call = budget?.calls.find((one) => one.call === id());
    const cap = call?.memory_budget_bytes ?? null;
    const memory = call?.memory_bytes ?? null;
    const used = memory === null ? "" : `, memory ${formatMib(memory)}${cap === null ? "" : ` of ${formatMib(cap)}`}`;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    tell(seconds, `running for ${seconds.toFixed(0)} s${used}`);
  };
  const timer = setInterval(() => void tick(), progressMs);
  until.addEventListener("abort", () => {
    clearInterval(timer);
    client.close();
  });
}

interface Ended extends RanTool {
  /** Lines of the guard before the command started. */
  readonly notices: readonly string[];
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
}

/** Runs the command as a call of the session. Cancelled, it is killed with all that it started. */
async function run(target: McpTarget, env: readonly string[], given: CallArguments, call: McpCall): Promise<Ended> {
  const client = new GuardClient(target.socket === null ? {} : { socket: target.socket });
  const output = new CallOutput(given.max_output_bytes ?? plainOutputBytes);
  const over = new AbortController();
  let id: string | null = null;
  const notices: string[] = [];
  // The guard kills a call whose client goes away.
  const cancel = (): void => client.close();
  try {
    call.signal.throwIfAborted();
    call.signal.addEventListener("abort", cancel, { once: true });
    tellProgress(target, () => id, over.signal, call.onProgress);
    const ran = await runTool(client, {
      request: toCallRequest(given, target.session),
      command: given.command,
      env,
      ...(given.cwd === undefined ? {} : { cwd: given.cwd }),
      fds: output.open(),
      nextFds: () => output.open(),
      onRetry: () => !call.signal.aborted,
      onNotice: (line) => void notices.push(line),
      onChild: (child, document) => {
        id = document.call;
        output.started();
        if (call.signal.aborted) child.kill(constants.signals.SIGKILL);
      },
    });
    return { ...ran, notices, ...(await output.ended()) };
  } finally {
    over.abort();
    call.signal.removeEventListener("abort", cancel);
    output.close();
    client.close();
  }
}

function statusOf({ exit, result }: RanTool): string {
  const how = exit.exit_signal === null ? `exit code ${exit.exit_code}` : `killed by ${exit.exit_signal}`;
  if (result === null) return `${how}; the guard went away, what it used is not known`;
  const peak = result.memory_peak_bytes === null ? "" : `, peak memory ${formatMib(result.memory_peak_bytes)}`;
  const runs = result.attempts.length > 1 ? `, run ${result.attempts.length} times` : "";
  return `${how}, ${(result.duration_ms / 1000).toFixed(1)} s${peak}${runs}`;
}

/** Whether the command did not come to its own end; a code other than 0 is an end like others. */
const wasStopped = (result: ToolResult | null): boolean => result !== null && result.reason !== "exit";

function toAnswer(ended: Ended): McpAnswer {
  const { exit, result, notices, stdout, stderr } = ended;
  const part = (name: string, { text }: KeptOutput): string => (text === "" ? "" : `\n${name}:\n${text}`);
  const feedback = result?.feedback?.text ?? null;
  const lines = [statusOf(ended), ...notices, ...(feedback === null ? [] : [feedback])].join("\n");
  const text = `${lines}${part("stdout", stdout)}${part("stderr", stderr)}`;
  return { text, structured: { ...exit, result, stdout, stderr, feedback }, isError: wasStopped(result) };
}

const outputJson = {
  type: "object",
  properties: { text: { type: "string" }, bytes: { type: "integer" }, omitted_bytes: { type: "integer" } },
  required: ["text", "bytes", "omitted_bytes"],
} as const;

/** `run_with_budget`: a command as a tool call of the session. @param env `NAME=value` entries: the commands' environment */
export const runWithBudgetTool = (target: McpTarget, env: readonly string[]): McpTool => ({
  name: "run_with_budget",
  title: "Run a command within a budget",
  description:
    "Runs a command in a group of its own with a budget of memory, CPU and time, and tells what it used. Beyond its budget it is killed as a whole, and told why and what to ask for next. Its stdin is empty; what it leaves in the background is not kept.",
  inputSchema: argumentsJsonSchema,
  outputSchema: {
    type: "object",
    properties: {
      exit_code: { type: ["integer", "null"] },
      exit_signal: { type: ["string", "null"] },
      result: { type: ["object", "null"], description: "corral.tool-result/1" },
      stdout: outputJson,
      stderr: outputJson,
      feedback: { type: ["string", "null"] },
    },
    required: ["exit_code", "exit_signal", "result", "stdout", "stderr", "feedback"],
  },
  readOnly: false,
  call: async (call) => toAnswer(await run(target, env, toCallArguments(call.arguments), call)),
});
