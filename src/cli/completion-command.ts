import { CorralError } from "../report/index.ts";
import type { Program } from "./commands.ts";
import { writeText } from "./output.ts";

const scripts: Readonly<Record<string, string>> = {
  bash: `_corral() {
  local IFS=$'\\n'
  COMPREPLY=($(corral completion -- propose "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _corral corral
`,
  zsh: `#compdef corral
_corral() {
  local -a proposals
  proposals=("\${(@f)$(corral completion -- propose "\${words[@]:1:CURRENT-1}" 2>/dev/null)}")
  if (( \${#proposals} )) && [[ -n "\${proposals[1]}" ]]; then compadd -a proposals; else _files; fi
}
compdef _corral corral
`,
  fish: `complete -c corral -f -a '(corral completion -- propose (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

/** `corral completion SHELL`; the scripts call it back as `completion -- propose WORDS…`. */
export async function completionCommand(
  _flags: object,
  [shell = "", ...words]: readonly string[],
  program: Program,
): Promise<number> {
  if (shell === "propose") {
    writeText(1, (await program.propose(words)).map((word) => `${word}\n`).join(""));
    return 0;
  }
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    throw new CorralError("USAGE", "completion needs the name of a shell", {
      object: shell,
      fix: "use bash, zsh or fish",
    });
  }
  writeText(1, script);
  return 0;
}
