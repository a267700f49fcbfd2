import type { HostCgroups } from "../../../src/cgroup/index.ts";
import { planLimits } from "../../../src/cgroup/index.ts";
import { CorralError } from "../../../src/report/index.ts";
import type {
  Death,
  MonitorLook,
  Ports,
  PressureWait,
  ProgramRequest,
  RunningScheduler,
  Supervised,
} from "../../../src/scenario/execute/index.ts";
import { emptyValues } from "../../../src/scenario/record/index.ts";
import type { WorkerPlan } from "../../../src/scenario/workers/index.ts";
import { GroupDouble } from "./group-double.ts";
import type { Ground } from "./load-double.ts";
import { ProgramDouble, WorkersDouble } from "./load-double.ts";
import { VirtualClock } from "./virtual-clock.ts";

const unified = { version: 2, mountPoint: "/groups", ownDirectory: "/groups", readOnly: false } as const;
const hierarchy = { ...unified, controllers: ["cpuset", "cpu", "memory", "io", "pids"] } as const;
const owner = Object.fromEntries(hierarchy.controllers.map((one) => [one, hierarchy]));
const pureV2: HostCgroups = { kind: "v2", hierarchies: [hierarchy], unified: hierarchy, owner };

/** How a program of this name lives; null ms: until it is killed. */
export type Lives = Readonly<
  Record<string, { readonly ms: number | null; readonly code?: number; readonly stdout?: string }>
>;

/** A machine of which everything is a double: groups, processes, time. What is done is in `log`, in order. */
export class MachineDouble {
  readonly clock = new VirtualClock();
  readonly log: string[];
  readonly groups: GroupDouble;
  readonly workers: WorkersDouble[] = [];
  readonly programs: ProgramDouble[] = [];
  readonly affinities: (readonly [number, string])[] = [];
  /** Errnos by worker attribute. */
  refuse: { readonly affinity?: string; readonly nice?: string } = {};
  lives: Lives = {};
  extState = "absent";
  /** The next set of workers is never ready. */
  neverReady = false;
  /** What the monitor sees. */
  look: MonitorLook = { cpus: [], selectCpuFallbacks: null, dispatchKeepLasts: null };
  onPressure: (wait: PressureWait) => Promise<void> = () => new Promise(() => {});
  readonly schedulers: { readonly name: string; die: (death: Death) => void }[] = [];
  readonly #alive = new Map<number, () => void>();
  #lastPid = 99;

  constructor(cpus = "0-3") {
    const alive = (pid: number): boolean => this.#alive.has(pid);
    this.groups = new GroupDouble(this.clock, { cpus, alive, kill: (pid) => this.kill(pid) });
    this.log = this.groups.calls;
  }

  /** A process ends. */
  kill(pid: number): void {
    const onKill = this.#alive.get(pid);
    if (onKill === undefined) return;
    this.#alive.delete(pid);
    onKill();
    this.groups.ended(pid);
  }

  /** A process that nobody knows is in a group. */
  stray(group: string): number {
    const pid = this.#ground.newPid(() => {});
    void this.groups.join(group, pid);
    return pid;
  }

  get alive(): readonly number[] {
    return [...this.#alive.keys()];
  }

  get #ground(): Ground {
    return {
      clock: this.clock,
      newPid: (onKill) => {
        this.#lastPid += 1;
        this.#alive.set(this.#lastPid, onKill);
        return this.#lastPid;
      },
      isAlive: (pid) => this.#alive.has(pid),
      kill: (pid) => this.kill(pid),
      isFrozen: (pid) => {
        const group = this.groups.groupOf(pid);
        return group !== null && this.groups.isFrozen(group);
      },
      note: (line) => void this.log.push(line),
    };
  }

  /** A process that a run supervises, and how it is ended. */
  supervised(name: string): Supervised & { readonly die: (death: Death) => void } {
    let die: (death: Death) => void = () => {};
    const ended = new Promise<Death>((resolve) => {
      die = resolve;
    });
    return { name, pid: 7, ended, release: () => {}, die };
  }

  get ports(): Ports {
    return {
      clock: this.clock,
      files: this.groups,
      workers: {
        start: async (plan) => this.#startWorkers(plan),
        startThreads: async (pcomm, plans) => {
          this.log.push(`threads of ${pcomm}`);
          return Promise.all(plans.map((plan) => this.#startWorkers(plan)));
        },
        setAttributes: (pid, { affinity }) => {
          if (affinity !== null) this.affinities.push([pid, affinity]);
          return { affinity: this.refuse.affinity ?? null, nice: this.refuse.nice ?? null, scheduling: null };
        },
        setAffinity: (pid, cpus) => {
          this.affinities.push([pid, cpus]);
          return this.refuse.affinity ?? null;
        },
      },
      startProgram: async (request) => this.#startProgram(request),
      scheduler: { attach: async ({ name }) => this.#attach(name), state: () => this.extState },
      tasks: {
        progress: (pid) => this.#progress(pid),
        comm: () => "double",
        diagnostics: () => ({ wchan: "0" }),
      },
      planLimits: (limits) => planLimits(limits, pureV2),
      look: () => emptyValues,
      monitor: () => ({ look: this.look, cpuMs: 0 }),
      pressure: (wait) => this.onPressure(wait),
      storage: () => "/scratch",
      random: () => 0,
    };
  }

  async #startWorkers(plan: WorkerPlan): Promise<WorkersDouble> {
    if (this.neverReady) return new Promise(() => {});
    const set = new WorkersDouble(this.#ground, plan);
    this.log.push(`start ${plan.workType} ${set.pids.join(",")}`);
    this.workers.push(set);
    return set;
  }

  async #startProgram(request: ProgramRequest): Promise<ProgramDouble> {
    const [name = ""] = request.argv;
    const life = this.lives[name];
    if (life === undefined) throw new CorralError("COMMAND_NOT_FOUND", `${name}: not found`, { object: name });
    const program = new ProgramDouble(this.#ground, request, life);
    this.log.push(`run ${request.argv.join(" ")} in ${request.cgroup || "runner"}`);
    this.programs.push(program);
    if (request.cgroup !== "") await this.groups.join(request.cgroup, program.pid);
    return program;
  }

  #attach(name: string): RunningScheduler {
    this.log.push(`attach ${name}`);
    this.extState = "enabled";
    const one = this.supervised(name);
    this.schedulers.push({ name, die: one.die });
    const stop = async (): Promise<void> => {
      this.log.push(`detach ${name}`);
      this.extState = "disabled";
    };
    return { ...one, stop };
  }

  #progress(pid: number) {
    if (!this.#alive.has(pid)) return null;
    const set = this.workers.find(({ pids }) => pids.includes(pid));
    const runs = set !== undefined && !set.isStill;
    return { switches: 1, execNs: runs ? this.clock.nowMs * 1e6 : 0 };
  }
}
