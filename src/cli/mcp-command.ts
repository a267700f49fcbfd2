import { budgetStatusTool, runWithBudgetTool } from "../guard/mcp/index.ts";
import { CorralError } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { mcpFlags } from "./mcp-flags.ts";
import { environmentOfTools } from "./tool-environment.ts";
import { corralVersion } from "./version.ts";

const instructions =
  "Runs commands within a budget of memory, CPU and time of this session. Say what a command needs with hint or limits; ask budget_status what is free. A command that is killed for its budget is told how much to ask for next.";

/** What a model is told: the line that people get, without our mark. */
function explain(thrown: unknown): string {
  const error = CorralError.from(thrown);
  return `[${error.code}] ${error.toLine()}`;
}

/**
 * `corral mcp`: offers run_with_budget and budget_status to models over the Model Context Protocol, until stdin ends.
 * @returns 0
 */
export async function mcpCommand(flags: RawFlags<typeof mcpFlags>): Promise<number> {
  const target = {
    socket: flags.socket ?? null,
    session: flags.session ?? (process.env["CORRAL_SESSION"] || null),
  };
  const tools = [runWithBudgetTool(target, environmentOfTools()), budgetStatusTool(target)];
  const { serveMcp } = await import("./mcp-server.ts");
  await serveMcp({ version: corralVersion(), instructions, tools, explain });
  return 0;
}
