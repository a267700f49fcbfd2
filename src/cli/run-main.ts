/**
 * The program of an everyday `corral run`: nothing but what a run evaluates, so that a start reads and deserializes
 * half as much. What is not plainly such a run is declined, and the starter goes on to the whole program (main.ts).
 */
import { leave } from "../kernel/index.ts";
import { endWith } from "./end.ts";
import { readPlainly } from "./plain-command-line.ts";
import { runCommand } from "./run-command.ts";
import { everydayRunFlags } from "./run-flags.ts";
import { separateCommand } from "./separate-command.ts";

const readable = [{ path: ["run"], flags: everydayRunFlags, args: "command" }] as const;
const plain = readPlainly(separateCommand(process.argv.slice(2), readable), readable);

/** Read by the starter. */
export const declined = plain === null;
if (plain !== null) void endWith(() => runCommand(plain.flags, plain.args), leave);
