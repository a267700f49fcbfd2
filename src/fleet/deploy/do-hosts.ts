import type { HostAction, HostFinding, HostResult, HostsDocument } from "./host-result.ts";
import { hostFailure, hostResult } from "./host-result.ts";
import type { HostOptions } from "./host-session.ts";
import { HostSession } from "./host-session.ts";
import { inParallel } from "./in-parallel.ts";
import type { SshTarget } from "./ssh-target.ts";

/** What is to be done on which hosts. */
export interface HostsRequest extends HostOptions {
  readonly action: HostAction;
  readonly targets: readonly SshTarget[];
  /** How many at once. */
  readonly parallel: number;
  readonly dryRun: boolean;
  /** Of this Corral. */
  readonly version: string;
}

async function onHost(
  target: SshTarget,
  request: HostsRequest,
  act: (session: HostSession) => Promise<HostFinding>,
): Promise<HostResult> {
  const beganMs = performance.now();
  const session = new HostSession(target, request);
  try {
    const finding = await act(session);
    return hostResult(target.text, performance.now() - beganMs, finding);
  } catch (thrown) {
    return hostFailure(target.text, performance.now() - beganMs, session.step, thrown);
  }
}

/** Does something on all hosts. Never rejects: what a host fails with is in its result. */
export const doOnHosts = async (
  request: HostsRequest,
  act: (session: HostSession) => Promise<HostFinding>,
): Promise<HostsDocument> => ({
  schema: "corral.fleet-hosts/1",
  action: request.action,
  version: request.version,
  dry_run: request.dryRun,
  hosts: await inParallel(request.targets, request.parallel, (target) => onHost(target, request, act)),
});
