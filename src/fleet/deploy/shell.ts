import { CorralError, quote } from "../../report/index.ts";

/** One word of a POSIX shell, whatever is in it. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A value of a script: a text, or a way from the user's home, which the host knows. */
type Value = string | { readonly inHome: string };

/** Variables of a script. */
export type Parameters = Readonly<Record<string, Value>>;

export const assignments = (parameters: Parameters): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === "string" ? "" : "$HOME/"}${shellWord(textOf(value))}\n`)
    .join("");

const textOf = (value: Value): string => (typeof value === "string" ? value : value.inHome);

/**
 * What a host's login shell is told, whichever shell that is: to read so many bytes of script from standard input and run
 * them; what comes after them is data of the script. dd takes one byte at a time, so that none of the data is lost with it.
 */
export const bootstrap = (scriptBytes: number): string =>
  `exec /bin/sh -c 'eval "$(dd bs=1 count=${scriptBytes} 2>/dev/null)"'`;

/** Where everything is on a host when nobody says otherwise. */
const defaultDirectory: Value = { inHome: ".local/share/corral" };

/**
 * The directory on the hosts: absolute, or from the home with `~/`.
 * @throws CorralError USAGE for one that cannot be meant
 */
export function parseDirectory(text: string | undefined): Value {
  if (text === undefined) return defaultDirectory;
  const [path, inHome] = text.startsWith("~/") ? [text.slice(2), true] : [text, false];
  const parts = path.split("/").filter((part) => part !== "");
  const isFit =
    (inHome || path.startsWith("/")) && parts.length > 0 && !parts.includes("..") && !/[\0-\x1f\x7f]/.test(path);
  if (!isFit)
    throw new CorralError("USAGE", `--directory takes an absolute path or one from ~/, not ${quote(text)}`, {
      object: "--directory",
      found: text,
      fix: "name a directory that may be Corral's own, such as /opt/corral",
    });
  return inHome ? { inHome: parts.join("/") } : `/${parts.join("/")}`;
}
