import type {
  AffinityIntent,
  CgroupDef,
  CpusetSpec,
  GroupLimits,
  MemPolicy,
  MemPolicyFlag,
  NumberList,
  SchedPolicy,
  WorkSpec,
  WorkType,
} from "../model/index.ts";

/** Microseconds of cpu.max's period, where none is said. */
const defaultPeriodUs = 100_000;

/** A size: bytes, or a text with a unit (`"64M"`). */
type Size = number | string;

const sizeText = (size: Size): string => (typeof size === "number" ? `${size}B` : size);

/**
 * Makes a `CgroupDef` step by step: `cgroup("web").cpuset(cpus.llc(0)).memoryMax("64M").workers(4).build()`. Each call gives a
 * new builder. What is given twice is replaced; `work` adds. Values are judged when the scenario is planned.
 */
export class CgroupBuilder {
  readonly #def: CgroupDef;

  constructor(def: CgroupDef) {
    this.#def = def;
  }

  /** The group as data, as a file would have it. */
  build(): CgroupDef {
    return this.#def;
  }

  #with(change: Partial<CgroupDef>): CgroupBuilder {
    return new CgroupBuilder({ ...this.#def, ...change });
  }

  #first(change: Partial<WorkSpec>): CgroupBuilder {
    const [first = {}, ...rest] = this.#def.works ?? [];
    return this.#with({ works: [{ ...first, ...change }, ...rest] });
  }

  cpuset(spec: CpusetSpec): CgroupBuilder {
    return this.#with({ cpuset: spec });
  }

  /** Memory nodes. */
  cpusetMems(nodes: NumberList): CgroupBuilder {
    return this.#with({ cpusetMems: nodes });
  }

  /** Any limits by the names of `corral run`'s flags, beside those that are there; `undefined` takes one back. */
  limits(limits: { readonly [K in keyof GroupLimits]: GroupLimits[K] | undefined }): CgroupBuilder {
    const all = Object.entries({ ...this.#def.limits, ...limits }).filter(([, value]) => value !== undefined);
    return this.#with({ limits: Object.fromEntries(all) as GroupLimits });
  }

  /** Cap on CPU time in percent of one CPU: 150 is one and a half, 150 000 µs per 100 ms. */
  cpuQuotaPct(percent: number): CgroupBuilder {
    return this.limits({ "cpu-quota": percent, "cpu-max": undefined });
  }

  /** The cap as cpu.max takes it, microseconds: at least 1000 of quota; a period of 1000 to 1 000 000. */
  cpuQuota(quotaUs: number, periodUs = defaultPeriodUs): CgroupBuilder {
    return this.limits({ "cpu-max": `${quotaUs} ${periodUs}`, "cpu-quota": undefined });
  }

  /** Writes that there is no cap. */
  cpuUnlimited(): CgroupBuilder {
    return this.limits({ "cpu-max": `max ${defaultPeriodUs}`, "cpu-quota": undefined });
  }

  /** 1 to 10 000; 100 is the kernel's default. */
  cpuWeight(weight: number): CgroupBuilder {
    return this.limits({ "cpu-weight": weight });
  }

  /** Its tasks run only when nothing else wants the CPU. */
  cpuIdle(): CgroupBuilder {
    return this.limits({ "cpu-idle": true });
  }

  memoryMax(size: Size): CgroupBuilder {
    return this.limits({ "memory-max": sizeText(size) });
  }

  memoryHigh(size: Size): CgroupBuilder {
    return this.limits({ "memory-high": sizeText(size) });
  }

  memoryLow(size: Size): CgroupBuilder {
    return this.limits({ "memory-low": sizeText(size) });
  }

  memoryMin(size: Size): CgroupBuilder {
    return this.limits({ "memory-min": sizeText(size) });
  }

  /** Writes that there is no cap on memory. */
  memoryUnlimited(): CgroupBuilder {
    return this.limits({ "memory-max": "max", "memory-high": "max", "memory-low": "0" });
  }

  swapMax(size: Size): CgroupBuilder {
    return this.limits({ "swap-max": sizeText(size) });
  }

  /** Share of the disks under contention as the kernel has it, 1 to 10 000. */
  ioWeight(weight: number): CgroupBuilder {
    return this.limits({ "io-weight-raw": weight, "io-weight": undefined });
  }

  /** Throughput limits of disks: `"8:0 rbps=1M wiops=100"`. */
  ioMax(...lines: readonly string[]): CgroupBuilder {
    return this.limits({ "io-max": lines });
  }

  /** Most processes and threads. */
  pidsMax(count: number): CgroupBuilder {
    return this.limits({ "pids-max": count });
  }

  /** Writes that there is no cap on processes. */
  pidsUnlimited(): CgroupBuilder {
    return this.limits({ "pids-max": "max" });
  }

  /** Adds workers of one more kind. */
  work(spec: WorkSpec): CgroupBuilder {
    return this.#with({ works: [...(this.#def.works ?? []), spec] });
  }

  /** Number of the first work's workers; makes the work where there is none, as all that follow here do. */
  workers(count: number): CgroupBuilder {
    return this.#first({ workers: count });
  }

  /** Workers per CPU of the group, rounded up, of the first work. */
  workersPerCpu(rate: number): CgroupBuilder {
    return this.#first({ workersPerCpu: rate });
  }

  workType(type: WorkType): CgroupBuilder {
    return this.#first({ workType: type });
  }

  schedPolicy(policy: SchedPolicy): CgroupBuilder {
    return this.#first({ schedPolicy: policy });
  }

  affinity(intent: AffinityIntent): CgroupBuilder {
    return this.#first({ affinity: intent });
  }

  memPolicy(policy: MemPolicy): CgroupBuilder {
    return this.#first({ memPolicy: policy });
  }

  mpolFlags(...flags: readonly MemPolicyFlag[]): CgroupBuilder {
    return this.#first({ mpolFlags: flags });
  }

  /** The scenario's `workTypeOverride` is for this group. */
  swappable(): CgroupBuilder {
    return this.#with({ swappable: true });
  }

  /** Payload that is started in it. */
  payload(name: string): CgroupBuilder {
    return this.#with({ payload: name });
  }

  /** For all works that say nothing themselves, like the rest here, in whatever order they are said. −20 to 19. */
  nice(value: number): CgroupBuilder {
    return this.#with({ nice: value });
  }

  /** 1 to 15 bytes. */
  comm(name: string): CgroupBuilder {
    return this.#with({ comm: name });
  }

  /** All works that are there by now are threads of one process of this name, 1 to 15 bytes. */
  pcomm(name: string): CgroupBuilder {
    return this.#with({ works: (this.#def.works ?? [{}]).map((work) => ({ ...work, pcomm: name })) });
  }

  uid(id: number): CgroupBuilder {
    return this.#with({ uid: id });
  }

  gid(id: number): CgroupBuilder {
    return this.#with({ gid: id });
  }

  /** Workers keep to the CPUs of this node. */
  numaNode(node: number): CgroupBuilder {
    return this.#with({ numaNode: node });
  }
}

/** A group, as data or in the making. */
export type CgroupLike = CgroupDef | CgroupBuilder;

/** Begins a group. @param name path below the scenario's own group */
export const cgroup = (name: string): CgroupBuilder => new CgroupBuilder({ name });

export const toCgroupDef = (group: CgroupLike): CgroupDef => (group instanceof CgroupBuilder ? group.build() : group);
