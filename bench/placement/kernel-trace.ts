import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** When a process executed its program and when it was in a group of ours, by the kernel's own clock. */
export interface Placed {
  readonly execUs: number;
  /** Null: it never was. Of several hierarchies the first counts. */
  readonly inGroupUs: number | null;
}

/** What the kernel's tracer writes down of execs and moves, whoever causes them: it has no part in either. */
export interface KernelTrace {
  /** What was seen since the last call, by pid. */
  take(): ReadonlyMap<number, Placed>;
  end(): Promise<void>;
}

const tracing = "/sys/kernel/tracing";

/** tracefs in a mount namespace of this helper alone; what it says is reached through /proc/PID/root. */
async function mountPrivately(): Promise<{ readonly helper: ChildProcess; readonly root: string }> {
  const script = `mount -t tracefs tracefs ${tracing} && echo && exec cat >/dev/null`;
  const helper = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = await Promise.race([once(helper.stdout, "data"), once(helper, "exit").then(() => null)]);
  if (said === null) throw new Error("there is no tracefs here; root and a kernel with tracing are needed");
  return { helper, root: `/proc/${helper.pid}/root${tracing}` };
}

const linePattern = / (\d+\.\d+): (sched_process_exec|cgroup_attach_task): .*\bpid=(\d+)/;

function parse(text: string): ReadonlyMap<number, Placed> {
  const seen = new Map<number, Placed>();
  for (const line of text.split("\n")) {
    const [, seconds, event, pidText] = linePattern.exec(line) ?? [];
    const [us, pid] = [Number(seconds) * 1e6, Number(pidText)];
    const known = seen.get(pid);
    if (event === "sched_process_exec") seen.set(pid, { execUs: us, inGroupUs: null });
    else if (event !== undefined && known?.inGroupUs === null) seen.set(pid, { ...known, inGroupUs: us });
  }
  return seen;
}

/**
 * Traces the execs of one program, and moves into groups whose path has a name in it, into a buffer of our own (ftrace,
 * instances; clock mono). Moves are told when they are done (kernel/cgroup/cgroup.c, cgroup_attach_task).
 */
export async function openKernelTrace(target: string, groupName: string): Promise<KernelTrace> {
  const { helper, root } = await mountPrivately();
  const instance = path.join(root, "instances", `corral-bench-${process.pid}`);
  const write = (file: string, text: string): void => writeFileSync(path.join(instance, file), text);
  const end = async (): Promise<void> => {
    rmdirSync(instance);
    helper.stdin?.end();
    await once(helper, "exit");
  };
  mkdirSync(instance);
  try {
    write("trace_clock", "mono");
    write("events/sched/sched_process_exec/filter", `filename == "${target}"`);
    write("events/cgroup/cgroup_attach_task/filter", `dst_path ~ "*${groupName}/*"`);
    for (const event of ["sched/sched_process_exec", "cgroup/cgroup_attach_task"]) write(`events/${event}/enable`, "1");
  } catch (thrown) {
    await end();
    throw thrown;
  }
  return {
    take: () => {
      const seen = parse(readFileSync(path.join(instance, "trace"), "latin1"));
      write("trace", "");
      return seen;
    },
    end,
  };
}
