import type { CommandDefinition } from "./commands.ts";

/** Spells the words of a command as it is called here: `workload anon_streamer` is `workload anon-streamer`, as the original has it. */
export function spellCommand(
  argv: readonly string[],
  commands: readonly Pick<CommandDefinition, "path">[],
): readonly string[] {
  const found = commands.find(({ path }) => path.every((word, at) => argv[at]?.replaceAll("_", "-") === word));
  return found === undefined ? argv : [...found.path, ...argv.slice(found.path.length)];
}
