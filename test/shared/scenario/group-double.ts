import type { Controller, GroupUse, PlannedLimit } from "../../../src/cgroup/index.ts";
import { applyLimitsThrough } from "../../../src/cgroup/index.ts";
import { formatNumberList, parseNumberList } from "../../../src/kernel/index.ts";
import { CorralError } from "../../../src/report/index.ts";
import type { GroupFiles } from "../../../src/scenario/execute/index.ts";
import type { VirtualClock } from "./virtual-clock.ts";

interface Node {
  readonly files: Map<string, string>;
  readonly procs: Set<number>;
  readonly subtree: Set<string>;
  isFrozen: boolean;
}

interface Injected {
  readonly call: string;
  readonly errno: string;
  left: number;
}

const numbers = (list: string): readonly number[] => parseNumberList(list) ?? [];
const parentOf = (name: string): string => (name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");
const isBelow = (name: string, group: string): boolean => group === "" || name.startsWith(`${group}/`);

/** How long the kernel takes to freeze, and to end what was killed. */
const freezeMs = 2;
const killMs = 5;

/** Initial contents of the files of each controller. */
const controllerFiles: Readonly<Partial<Record<Controller, Readonly<Record<string, string>>>>> = {
  cpuset: { "cpuset.cpus": "", "cpuset.mems": "" },
  cpu: { "cpu.max": "max 100000", "cpu.weight": "100", "cpu.idle": "0" },
  memory: { "memory.max": "max", "memory.high": "max", "memory.low": "0", "memory.current": "0" },
  io: { "io.weight": "default 100", "io.max": "" },
  pids: { "pids.max": "max", "pids.current": "0" },
};

/**
 * Groups as the kernel keeps them (cgroup-v2.rst): controllers are handed down from above, a group that hands them down holds no
 * processes, only empty ones are removed, freezing and killing take their time. Every call is written down.
 */
export class GroupDouble implements GroupFiles {
  readonly calls: string[] = [];
  readonly #clock: VirtualClock;
  readonly #nodes = new Map<string, Node>();
  readonly #watches = new Set<{ readonly name: string; readonly file: string; readonly onChange: () => void }>();
  readonly #injected: Injected[] = [];
  readonly #alive: (pid: number) => boolean;
  readonly #kill: (pid: number) => void;
  #controllers: readonly Controller[] = [];
  /** CPUs and memory nodes of the machine. */
  readonly cpus: string;
  mems = "0";
  /** Processes that SIGKILL does not end. */
  readonly immortal = new Set<number>();

  constructor(
    clock: VirtualClock,
    machine: { readonly cpus: string; readonly alive: (pid: number) => boolean; readonly kill: (pid: number) => void },
  ) {
    this.#clock = clock;
    this.cpus = machine.cpus;
    this.#alive = machine.alive;
    this.#kill = machine.kill;
  }

  /** Lets calls that begin so fail: `join a`, `write a/cpuset.cpus`. */
  fail(call: string, errno: string, times = Number.POSITIVE_INFINITY): void {
    this.#injected.push({ call, errno, left: times });
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()].filter((name) => name !== "");
  }

  isFrozen(name: string): boolean {
    for (let at = name; ; at = parentOf(at)) {
      if (this.#nodes.get(at)?.isFrozen === true) return true;
      if (at === "") return false;
    }
  }

  /** The group a process is in; null: none of the scenario's. */
  groupOf(pid: number): string | null {
    for (const [name, { procs }] of this.#nodes) if (procs.has(pid)) return name;
    return null;
  }

  /** A process has ended. */
  ended(pid: number): void {
    const name = this.groupOf(pid);
    if (name === null) return;
    this.#nodes.get(name)?.procs.delete(pid);
    this.#announce(name, "cgroup.events");
  }

  /** The kernel writes a file by itself. */
  kernelWrites(name: string, file: string, text: string): void {
    this.#node(name, "kernel").files.set(file, text);
    this.#announce(name, file);
  }

  readonly open = async (controllers: readonly Controller[]): Promise<void> => {
    this.#call(`open ${controllers.join(" ")}`);
    this.#controllers = controllers;
    this.#nodes.set("", this.#newNode([]));
  };

  readonly make = async (name: string): Promise<void> => {
    this.#call(`mkdir ${name}`);
    const parent = this.#node(parentOf(name), `mkdir ${name}`);
    if (this.#nodes.has(name)) throw this.#error("EEXIST", name);
    if (this.#controllers.length > 0 && parent.procs.size > 0) throw this.#error("EBUSY", parentOf(name));
    for (const controller of this.#controllers) parent.subtree.add(controller);
    this.#nodes.set(name, this.#newNode(this.#controllers));
  };

  readonly remove = async (name: string): Promise<void> => {
    this.#call(`rmdir ${name}`);
    const node = this.#node(name, "rmdir");
    if (node.procs.size > 0 || this.names.some((other) => isBelow(other, name))) throw this.#error("EBUSY", name);
    this.#nodes.delete(name);
  };

  readonly has = (controller: Controller): boolean => this.#controllers.includes(controller);

  readonly read = (name: string, _use: GroupUse, file: string): string => {
    const node = this.#node(name, file);
    if (file === "cgroup.subtree_control") return [...node.subtree].join(" ");
    if (file === "cgroup.freeze") return node.files.get(file) ?? "0";
    if (file === "cgroup.events")
      return `populated ${this.#isPopulated(name) ? 1 : 0}\nfrozen ${node.isFrozen ? 1 : 0}\n`;
    if (file === "cpuset.cpus.effective") return this.#effective(name);
    if (file === "cpuset.mems.effective") return node.files.get("cpuset.mems") || this.mems;
    const text = node.files.get(file);
    if (text === undefined) throw this.#error("ENOENT", `${name}/${file}`);
    return text;
  };

  readonly write = async (name: string, _use: GroupUse, file: string, value: string): Promise<void> => {
    const text = value.trim();
    this.#call(`write ${name}/${file} ${text}`);
    const node = this.#node(name, file);
    if (file === "cgroup.freeze") return this.#freeze(name, node, text);
    if (file === "cgroup.kill") return this.#killAll(name);
    if (file === "cgroup.subtree_control") return this.#changeSubtree(node, text);
    if (!node.files.has(file)) throw this.#error("ENOENT", `${name}/${file}`);
    if (file === "cpuset.cpus" && !numbers(text).every((cpu) => numbers(this.cpus).includes(cpu)))
      throw this.#error("EINVAL", `${name}/${file}`);
    node.files.set(file, text);
  };

  readonly limitNew = (name: string, planned: readonly PlannedLimit[]) =>
    applyLimitsThrough(planned, {
      has: this.has,
      write: (controller, file, value) => this.write(name, controller, file, value),
      read: (controller, file) => this.read(name, controller, file),
    });

  readonly kill = (name: string): Promise<void> => this.write(name, "unified", "cgroup.kill", "1");

  readonly reclaim = async (name: string, bytes: number): Promise<"all" | "less"> => {
    this.#call(`write ${name}/memory.reclaim ${bytes}`);
    const node = this.#node(name, "memory.reclaim");
    const has = Number(node.files.get("memory.current"));
    node.files.set("memory.current", String(Math.max(0, has - bytes)));
    return has < bytes ? "less" : "all";
  };

  readonly join = async (name: string, pid: number): Promise<void> => {
    this.#call(`join ${name} ${pid}`);
    const node = this.#node(name, "join");
    if (!this.#alive(pid)) throw this.#error("ESRCH", String(pid));
    if (node.subtree.size > 0) throw this.#error("EBUSY", name);
    const from = this.groupOf(pid);
    if (from !== null) this.#nodes.get(from)?.procs.delete(pid);
    node.procs.add(pid);
    this.#announce(name, "cgroup.events");
  };

  readonly members = (name: string): number[] => [...this.#node(name, "members").procs].toSorted((a, b) => a - b);

  readonly watch = (name: string, _use: GroupUse, file: string, onChange: () => void): (() => void) => {
    const one = { name, file, onChange };
    this.#watches.add(one);
    return () => void this.#watches.delete(one);
  };

  readonly inheritedCpus = (): string => "";
  readonly directory = (name: string): string => `/groups/${name}`;

  readonly close = async (): Promise<void> => {
    this.#call("close");
    if (this.names.length > 0) throw this.#error("EBUSY", this.names.join(" "));
    this.#nodes.clear();
  };

  #newNode(controllers: readonly Controller[]): Node {
    const files = controllers.flatMap((one) => Object.entries(controllerFiles[one] ?? {}));
    return { files: new Map(files), procs: new Set(), subtree: new Set(), isFrozen: false };
  }

  #node(name: string, what: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw this.#error("ENOENT", `${name} (${what})`);
    return node;
  }

  #error(errno: string, object: string): CorralError {
    return new CorralError("CGROUP_IO", `${errno} for ${object}`, { object, found: errno });
  }

  #call(text: string): void {
    this.calls.push(text);
    const found = this.#injected.find(({ call, left }) => left > 0 && `${text} `.startsWith(`${call} `));
    if (found === undefined) return;
    found.left -= 1;
    throw this.#error(found.errno, text);
  }

  #announce(name: string, file: string): void {
    for (let at = name; ; at = parentOf(at)) {
      for (const one of this.#watches) if (one.name === at && one.file === file) one.onChange();
      if (at === "") return;
    }
  }

  #isPopulated(name: string): boolean {
    return [...this.#nodes].some(([at, { procs }]) => procs.size > 0 && (at === name || isBelow(at, name)));
  }

  /** v2: what the group above has, cut to what is written, unless that would leave nothing. */
  #effective(name: string): string {
    const above = name === "" ? this.cpus : this.#effective(parentOf(name));
    const own = this.#nodes.get(name)?.files.get("cpuset.cpus") ?? "";
    if (name === "" || own === "") return above;
    const both = numbers(own).filter((cpu) => numbers(above).includes(cpu));
    return both.length === 0 ? above : formatNumberList(both);
  }

  #freeze(name: string, node: Node, text: string): void {
    node.files.set("cgroup.freeze", text);
    this.#clock.after(freezeMs, () => {
      node.isFrozen = node.files.get("cgroup.freeze") === "1";
      this.#announce(name, "cgroup.events");
    });
  }

  #killAll(name: string): void {
    const all = [...this.#nodes].flatMap(([at, { procs }]) => (at === name || isBelow(at, name) ? [...procs] : []));
    this.#clock.after(killMs, () => {
      for (const pid of all) if (!this.immortal.has(pid)) this.#kill(pid);
    });
  }

  #changeSubtree(node: Node, text: string): void {
    for (const word of text.split(" ")) {
      if (word.startsWith("-")) node.subtree.delete(word.slice(1));
      else node.subtree.add(word.slice(1));
    }
  }
}
