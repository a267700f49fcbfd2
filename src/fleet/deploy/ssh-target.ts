import { isIPv6 } from "node:net";
import { CorralError, quote } from "../../report/index.ts";
import { isHostName } from "../transport/index.ts";

/** A host as ssh(1) is told of it. */
export interface SshTarget {
  /** As it was named. */
  readonly text: string;
  /** Null: as ssh's configuration says. */
  readonly user: string | null;
  /** A name, an alias of ssh's configuration, or an IP address. */
  readonly host: string;
  /** Port of ssh, not of an agent. Null: as ssh's configuration says. */
  readonly port: number | null;
}

const userRule = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}$/;

/** `host`, `user@host:port`, `user@[::1]:port`; null for anything else. */
export function parseSshTarget(text: string): SshTarget | null {
  const at = text.lastIndexOf("@");
  const user = at === -1 ? null : text.slice(0, at);
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.slice(at + 1));
  const [, six, other, digits] = match ?? [];
  const port = digits === undefined ? null : Number(digits);
  const isFit = six === undefined ? other !== undefined && isHostName(other) : isIPv6(six);
  if (!isFit || (user !== null && !userRule.test(user)) || (port !== null && (port < 1 || port > 65_535))) return null;
  return { text, user, host: six ?? other ?? "", port };
}

const spelling = "write HOST, USER@HOST, HOST:PORT or [IPV6]:PORT; the port is that of ssh";

/** Two of one name would get in each other's way. */
function refuseTwice(targets: readonly SshTarget[], code: "USAGE" | "CONFIG", where: string): readonly SshTarget[] {
  const twice = targets.find(({ text }, at) => targets.findIndex((one) => one.text === text) !== at);
  if (twice === undefined) return targets;
  throw new CorralError(code, `${where} names ${twice.text} twice`, { object: twice.text, fix: "name each host once" });
}

/** Hosts of a list separated by commas. @throws CorralError USAGE */
export function parseHostList(list: string): readonly SshTarget[] {
  const words = list.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
  const targets = words.map((word) => {
    const target = parseSshTarget(word);
    if (target !== null) return target;
    throw new CorralError("USAGE", `--hosts: ${quote(word)} is no host`, {
      object: "--hosts",
      found: word,
      fix: spelling,
    });
  });
  return refuseTwice(targets, "USAGE", "--hosts");
}

/**
 * Hosts of a file: one a line; blanks around it, empty lines and what follows a # are nothing.
 * @param path what mistakes are told with
 * @throws CorralError CONFIG with the line
 */
export function parseHostFile(content: string, path: string): readonly SshTarget[] {
  const targets = content.split("\n").flatMap((line, index) => {
    const word = line.replace(/#.*/, "").trim();
    if (word === "") return [];
    const target = parseSshTarget(word);
    if (target !== null) return [target];
    throw new CorralError("CONFIG", `${path}:${index + 1}: ${quote(word)} is no host`, { object: path, fix: spelling });
  });
  return refuseTwice(targets, "CONFIG", path);
}

/**
 * The hosts of both ways of naming them, in order; who is in both counts once.
 * @throws CorralError USAGE when there are none
 */
export function mergeTargets(listed: readonly SshTarget[], ofFile: readonly SshTarget[]): readonly SshTarget[] {
  const all = [...listed, ...ofFile.filter(({ text }) => !listed.some((one) => one.text === text))];
  if (all.length > 0) return all;
  throw new CorralError("USAGE", "--hosts names the hosts", { object: "--hosts", fix: "give --hosts HOST,HOST" });
}
