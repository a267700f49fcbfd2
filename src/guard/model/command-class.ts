import { mib } from "./mib.ts";

/** Kinds of commands that agents run, the one that needs most first, and what each usually needs until there is a history. */
export const commandClasses = {
  tests: { usualBytes: 512 * mib },
  install: { usualBytes: 256 * mib },
  git: { usualBytes: 64 * mib },
  explore: { usualBytes: 32 * mib },
} as const satisfies Readonly<Record<string, { readonly usualBytes: number }>>;

export type CommandClass = keyof typeof commandClasses;
export const commandClassNames = Object.keys(commandClasses) as readonly CommandClass[];

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Programs that are of one class whatever their arguments. */
const programs: Readonly<Record<CommandClass, ReadonlySet<string>>> = {
  tests: setOf("pytest py.test tox nox jest vitest mocha ctest rspec phpunit"),
  install: new Set(),
  git: setOf("git"),
  explore: setOf(
    "ls cat head tail grep egrep fgrep rg find fd tree wc stat file du df pwd less more cut uniq which echo printf true basename dirname realpath",
  ),
};

/** Programs of several commands: which of them are tests, and which install. */
const commands: Readonly<Record<string, { readonly tests?: RegExp; readonly install?: RegExp }>> = {
  npm: { tests: /^(test|t|run(-script)? test\S*)\b/, install: /^(install|i|ci|add)\b/ },
  pnpm: { tests: /^(test|t|run test\S*)\b/, install: /^(install|i|add)\b/ },
  yarn: { tests: /^(test|run test\S*)\b/, install: /^(install|add)\b/ },
  npx: { tests: /^(jest|vitest|mocha)\b/ },
  node: { tests: /^--test\b/ },
  python: { tests: /^-m (pytest|unittest)\b/, install: /^-m pip install\b/ },
  pip: { install: /^install\b/ },
  uv: { tests: /^run pytest\b/, install: /^(sync|add|pip install)\b/ },
  poetry: { tests: /^run pytest\b/, install: /^(install|add)\b/ },
  cargo: { tests: /^(test|nextest)\b/, install: /^(install|fetch)\b/ },
  go: { tests: /^test\b/, install: /^(get|install|mod download)\b/ },
  make: { tests: /^(test|check)\b/ },
  mvn: { tests: /^test\b/ },
  gradle: { tests: /^test\b/ },
  dotnet: { tests: /^test\b/, install: /^restore\b/ },
  bundle: { tests: /^exec rspec\b/, install: /^install\b/ },
  gem: { install: /^install\b/ },
  apt: { install: /^(-\S+ )*install\b/ },
  "apt-get": { install: /^(-\S+ )*install\b/ },
  apk: { install: /^add\b/ },
  dnf: { install: /^(-\S+ )*install\b/ },
  conda: { install: /^install\b/ },
};

/** What stands before a command and runs it: its options go with it. */
const wrappers = setOf("env nice nohup sudo time timeout stdbuf command exec");
const shells = setOf("sh bash dash zsh");

/** A name without its directory and its version: `/usr/bin/python3.11` is python. */
const programOf = (word: string): string => (word.split("/").at(-1) ?? "").replace(/^(python|pip)[\d.]+$/, "$1");

/** The words of one simple command, without what only wraps it. */
function bareWords(text: string): readonly string[] {
  let words = text.split(/\s+/).filter((word) => word !== "");
  for (;;) {
    const [first = ""] = words;
    const isWrapper = wrappers.has(programOf(first));
    if (!isWrapper && !/^[A-Za-z_]\w*=/.test(first)) return words;
    // Options, and values such as the seconds of timeout.
    const own = isWrapper ? words.slice(1).findIndex((word) => !/^(-|\d)/.test(word)) : 0;
    words = own === -1 ? [] : words.slice(own + 1);
  }
}

function classOfOne(text: string): CommandClass | null {
  const [first = "", ...rest] = bareWords(text);
  const program = programOf(first);
  const own = commandClassNames.find((name) => programs[name].has(program));
  if (own !== undefined) return own;
  const known = Object.hasOwn(commands, program) ? commands[program] : undefined;
  const line = rest.join(" ");
  if (known?.tests?.test(line) === true) return "tests";
  return known?.install?.test(line) === true ? "install" : null;
}

/** The script of `sh -c`, or the command as it is. */
function scriptOf(command: string): string {
  const [first = "", flags = "", ...rest] = bareWords(command);
  return shells.has(programOf(first)) && /^-\w*c$/.test(flags) ? rest.join(" ") : bareWords(command).join(" ");
}

/**
 * What kind of command it is, by its program and first words: of several that are joined by the shell, the kind that needs most.
 * Null: unknown, as soon as one part is; nothing is presumed then. No text of a shell is understood here, and none evaluated.
 */
export function classOfCommand(command: string): CommandClass | null {
  const parts = scriptOf(command.replaceAll("\n", ";"))
    .split(/&&|\|\||[;|]/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && !/^cd(\s|$)/.test(part));
  const classes = parts.map(classOfOne);
  if (classes.length === 0 || classes.includes(null)) return null;
  return commandClassNames.find((name) => classes.includes(name)) ?? null;
}

/** The program of a command for a table: plain characters, 32 at most; `other` when it has none such. */
export function toolName(command: string): string {
  const [last = ""] = scriptOf(command.replaceAll("\n", ";"))
    .split(/&&|\|\||[;|]/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && !/^cd(\s|$)/.test(part));
  const program = programOf(bareWords(last)[0] ?? "");
  return /^[\w.+-]{1,32}$/.test(program) ? program : "other";
}
