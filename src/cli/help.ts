import type { CommandDefinition } from "./commands.ts";
import type { FlagDefinition } from "./flag-definition.ts";

const nameColumn = 28;

function flagLine([name, flag]: readonly [string, FlagDefinition]): string {
  const left = `  --${name}${flag.short === undefined ? "" : `, -${flag.short}`}${flag.value === undefined ? "" : ` ${flag.value}`}`;
  const right = `${flag.brief}${flag.repeat === true ? " (repeatable)" : ""}`;
  return left.length >= nameColumn
    ? `${left}\n${" ".repeat(nameColumn)}${right}`
    : `${left.padEnd(nameColumn)}${right}`;
}

/** Help of one command: its common flags on one screen, or with `all` every flag under its heading. */
export function commandHelp(command: CommandDefinition, all: boolean): string {
  const entries = Object.entries(command.flags);
  const groups = [...new Set(entries.map(([, flag]) => flag.group))];
  const body = all
    ? groups.flatMap((group) => [
        group.toUpperCase(),
        ...entries.filter(([, flag]) => flag.group === group).map(flagLine),
        "",
      ])
    : [...entries.filter(([, flag]) => flag.common === true).map(flagLine), ""];
  const hidden = !all && entries.some(([, flag]) => flag.common !== true);
  const more = hidden ? [`Every flag: corral ${command.path.join(" ")} --help --all`] : [];
  return `${[`USAGE  ${command.usage}`, "", command.brief, "", ...body, ...command.footer, ...more].join("\n")}\n`;
}

/** Help of the program: its commands. */
export function programHelp(commands: readonly CommandDefinition[], version: string): string {
  const names = commands.map(({ path }) => path.join(" "));
  const width = Math.max(...names.map(({ length }) => length));
  const lines = commands.map(({ brief }, index) => `  corral ${(names[index] ?? "").padEnd(width)}  ${brief}`);
  return `${[`corral ${version}: control workloads on Linux`, "", "USAGE  corral <command> [flags]", "", ...lines, "", "Help of one command: corral <command> --help"].join("\n")}\n`;
}
