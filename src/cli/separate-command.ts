import type { Readable } from "./plain-command-line.ts";

/**
 * Puts the `--` where its writer left it out: before the first word that is neither a flag of Corral nor the value
 * of one. What follows belongs to the workload, as with env(1), nice(1) and timeout(1), whatever it looks like.
 */
export function separateCommand(argv: readonly string[], commands: readonly Readable[]): readonly string[] {
  const definition = commands.find(({ path }) => path.every((word, index) => argv[index] === word));
  if (definition?.args !== "command") return argv;
  for (let at = definition.path.length; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "--") return argv;
    if (!word.startsWith("-") || word === "-") return [...argv.slice(0, at), "--", ...argv.slice(at)];
    const name = word.slice(2);
    const takesValue = Object.hasOwn(definition.flags, name) && definition.flags[name]?.value !== undefined;
    if (takesValue) at += 1;
  }
  return argv;
}
