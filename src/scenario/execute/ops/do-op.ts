import type { ResolvedOp } from "../../resolve/index.ts";
import type { Engine } from "../engine.ts";
import { changeLimits, makeGroup } from "../make-group.ts";
import { findPayload, killPayload, startPayload, waitForPayload } from "../payload-runs.ts";
import {
  captureProcs,
  clearCpuset,
  killGroup,
  reclaim,
  removeGroup,
  setCpuset,
  setFrozen,
  stopGroup,
  swapCpusets,
} from "./group-ops.ts";
import { waitFor } from "./wait-op.ts";
import { moveAllTasks, setAffinity, spawn } from "./worker-ops.ts";

/** Does one op. @throws CorralError */
export async function doOp(engine: Engine, op: ResolvedOp): Promise<void> {
  const { scheduler } = engine;
  switch (op.kind) {
    case "add_cgroup":
    case "add_cgroup_def":
      return makeGroup(engine, op.group);
    case "remove_cgroup":
      return removeGroup(engine, op.cgroup);
    case "set_cpuset":
      return setCpuset(engine, op.cgroup, op.cpuset.cpus);
    case "clear_cpuset":
      return clearCpuset(engine, op.cgroup);
    case "swap_cpusets":
      return swapCpusets(engine, op.a, op.b);
    case "set_limits":
      return changeLimits(engine, op.cgroup, op.limits);
    case "spawn":
      return spawn(engine, op.cgroup, op.work);
    case "stop_cgroup":
      return stopGroup(engine, op.cgroup);
    case "set_affinity":
      return setAffinity(engine, op.cgroup, op.intent);
    case "move_all_tasks":
      return moveAllTasks(engine, op.from, op.to);
    case "run_payload":
      return startPayload(engine, op.run);
    case "wait_payload":
      return waitForPayload(engine, findPayload(engine, op.payload, op.cgroup), op.timeoutMs);
    case "kill_payload":
      return killPayload(engine, findPayload(engine, op.payload, op.cgroup));
    case "freeze_cgroup":
    case "unfreeze_cgroup":
      return setFrozen(engine, op.cgroup, op.kind === "freeze_cgroup");
    case "kill_cgroup":
      return killGroup(engine, op.cgroup);
    case "reclaim":
      return reclaim(engine, op.cgroup, op.amount, op.swappiness);
    case "wait":
      return waitFor(engine, op.condition, op.timeoutMs);
    case "capture_cgroup_procs":
      return captureProcs(engine, op.cgroup, op.tag);
    case "attach_scheduler":
      return scheduler.attach(op.scheduler);
    case "detach_scheduler":
      return scheduler.detach();
    case "replace_scheduler":
    case "restart_scheduler":
      return scheduler.replace(op.scheduler);
  }
}
