import path from "node:path";
import type { PolicyEvent, PolicySessionOptions } from "../../src/policy/session/index.ts";
import { PolicySession } from "../../src/policy/session/index.ts";
import type { Bench } from "./bench.ts";

/** A session in the test's own process that does nothing but tell: the rules are those of `text`, dry-run. */
export async function openPolicySession(
  bench: Bench,
  text: string,
  events: NonNullable<PolicySessionOptions["events"]>,
): Promise<{ session: PolicySession; told: readonly PolicyEvent[] }> {
  const told: PolicyEvent[] = [];
  const session = await PolicySession.open({
    loadRules: () => ({ kind: "file", text, file: "p.yaml", dryRun: true }),
    socket: path.join(bench.fresh("enrol"), "s"),
    legacySocket: null,
    gid: null,
    statePath: path.join(bench.fresh("state"), "policy.json"),
    csvPath: null,
    jsonlPath: null,
    rotateBytes: null,
    recordPath: null,
    scheduling: "fair",
    host: "test",
    version: "test",
    events,
    onEvent: (event) => void told.push(event),
  });
  return { session, told };
}

/** Rules of one rule, which has the program from so many seconds after its exec. */
export const ruleAfter = (program: string, sec: number): string =>
  `version: 1\nrules: [{ name: end, select: { exe: ${program} }, when: { exec: { after: ${sec}s } }, do: { exec: [/bin/true] } }]\n`;
