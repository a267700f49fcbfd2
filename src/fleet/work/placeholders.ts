import type { Assignment } from "../model/index.ts";

/** Words of a configuration that stand for what is an agent's own; other braces are left alone. */
export function placeholdersOf(
  { agentId, index, count, pathPrefix }: Assignment,
  scratch: string,
): (text: string) => string {
  const values: Readonly<Record<string, string>> = {
    "{agent}": agentId,
    "{index}": String(index),
    "{count}": String(count),
    "{prefix}": pathPrefix,
    "{scratch}": scratch,
  };
  return (text) => text.replace(/\{(?:agent|index|count|prefix|scratch)\}/g, (word) => values[word] ?? word);
}

/** The same for a program that looks at its environment. */
export const agentVariables = (
  { agentId, index, count, pathPrefix }: Assignment,
  scratch: string,
): Readonly<Record<string, string>> => ({
  CORRAL_AGENT: agentId,
  CORRAL_AGENT_INDEX: String(index),
  CORRAL_AGENT_COUNT: String(count),
  CORRAL_PATH_PREFIX: pathPrefix,
  CORRAL_SCRATCH: scratch,
});
