/** The schema of what came of hosts that agents were brought to, started on or stopped on. */
import * as v from "valibot";
import type { HostsDocument } from "../../src/fleet/deploy/index.ts";
import { hostActions, hostOutcomes, services } from "../../src/fleet/deploy/index.ts";
import type { Proof } from "./parts.ts";
import { countOrNull, describe, seconds, text, textOrNull, texts, yesNo } from "./parts.ts";

const host = v.strictObject({
  host: text("As it was named."),
  outcome: v.pipe(
    v.picklist(hostOutcomes),
    v.description("What came of it; planned: nothing was done, and steps says what would be."),
  ),
  steps: texts("What was done there, in order: copy, activate, unit; stop, start; remove."),
  directory: textOrNull("Where Corral is there; null when it was not asked."),
  release: textOrNull("Directory of the package: its version, and what tells two builds apart; null when not known."),
  node: textOrNull("What Node there says of its version; null when not known."),
  system: textOrNull("Name of its system, release of the kernel, machine; null when not known."),
  service: v.pipe(
    v.nullable(v.picklist(services)),
    v.description(
      "What runs the agent: a process, or systemd's unit of the system or of the user; null when not known.",
    ),
  ),
  pid: countOrNull("Process of the agent there; null without one."),
  agent: textOrNull("HOST:PORT where the agent is called; null when it goes to its controller or none was started."),
  warnings: texts("What whoever does it should know."),
  duration_sec: v.pipe(seconds(), v.description("How long all of it took, seconds.")),
  error: v.pipe(
    v.nullable(
      v.strictObject({
        code: text("Stable code of the error."),
        step: text("What was being done: connect, check, copy, activate, unit, start, ping or stop."),
        message: text("What went wrong."),
        found: textOrNull("What ssh or the host said last on stderr; null when that was nothing."),
        fix: textOrNull("What to do about it; null when that is not known."),
      }),
    ),
    v.description("Why it failed; null when it did not."),
  ),
});

const hosts = v.strictObject({
  schema: v.pipe(v.literal("corral.fleet-hosts/1"), v.description("Name and version of this document.")),
  action: v.pipe(v.picklist(hostActions), v.description("What was asked for.")),
  version: text("Of the Corral that did it."),
  dry_run: yesNo("Whether nothing was to be done."),
  hosts: v.pipe(v.array(host), v.description("One per host, in the order in which they were named.")),
});

const proofs: readonly [Proof<typeof hosts, HostsDocument>] = [true];
void proofs;

export const fleetHostsSchemas: Readonly<Record<string, object>> = {
  "fleet-hosts.schema.json": describe(
    "corral.fleet-hosts/1: what came of deploying, starting or stopping on hosts",
    hosts,
  ),
};
