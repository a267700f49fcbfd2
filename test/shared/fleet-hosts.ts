/** A fleet of hosts that ssh goes to, all of them this machine, and the commands about them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { Ajv } from "ajv";
import type { HostsDocument } from "../../src/fleet/deploy/index.ts";
import type { Bench, Ran } from "./bench.ts";
import { program, requires } from "./requires.ts";
import type { SshHost, TestSshd } from "./sshd.ts";
import { sshd, startSshd } from "./sshd.ts";

export const limitMs = 120_000;
export const token = "correct-horse-battery-staple";

const validate = new Ajv({ strict: true, strictTypes: false }).compile(
  JSON.parse(readFileSync("schemas/fleet-hosts.schema.json", "utf8")) as object,
);

/** Where the package is on a host. */
export const below = ({ home }: SshHost, ...parts: readonly string[]): string =>
  path.join(home, ".local/share/corral", ...parts);

/** An sshd with so many hosts, or a skip with its reason. */
export async function openFleet(t: TestContext, bench: Bench, count: number): Promise<TestSshd | null> {
  if (!requires(t, sshd(), program("ssh"), program("ssh-keygen"))) return null;
  return startSshd(t, bench, count);
}

export interface Done extends Ran {
  readonly document: HostsDocument;
}

/** Runs a command about hosts, which must print a document. */
export async function onHosts(
  bench: Bench,
  { flags }: Pick<TestSshd, "flags">,
  hosts: readonly SshHost[],
  action: string,
  more: readonly string[] = [],
): Promise<Done> {
  const names = hosts.map(({ name }) => name).join(",");
  const ran = await bench.corral(["fleet", action, "--hosts", names, ...flags, "--json", ...more], { limitMs });
  assert.notEqual(ran.out, "", ran.err);
  const document = JSON.parse(ran.out) as HostsDocument;
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return { ...ran, document };
}

/** What came of each host, or why it failed. */
export const outcomes = ({ document, err }: Done): readonly string[] =>
  document.hosts.map(({ outcome, error }) => (error === null ? outcome : `${error.step}: ${error.message} ${err}`));

/** Flags of agents that have a token and a port of their own; the file is made. */
export function listeningWith(bench: Bench): { readonly tokenFile: string; readonly listening: readonly string[] } {
  const tokenFile = bench.fresh("token");
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  return { tokenFile, listening: ["--token-file", tokenFile, "--listen", "127.0.0.1:0"] };
}
