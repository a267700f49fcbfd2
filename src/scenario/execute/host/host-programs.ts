import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { ChildHandle, StdioPipe, Tether } from "../../../kernel/index.ts";
import {
  inheritAll,
  launch,
  openStdioPipe,
  readProcessStat,
  signalNumbers,
  startTether,
} from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import { noAttributes, startErrorOf } from "../../../run/index.ts";
import { settlesWithin, systemClock } from "../../clock/index.ts";
import type { Ports, ProgramEnd, ProgramRequest, RunningProgram } from "../ports.ts";
import type { HostGroups } from "./host-groups.ts";

/** Characters of each stream that are kept; what comes after is read and dropped. */
const mostKept = 8 * 1024 * 1024;

/** What a program writes to one of its descriptors. */
class Output {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #text = "";
  cut = false;

  constructor(pipe: StdioPipe) {
    this.#socket = new Socket({ fd: pipe.ours, readable: true, writable: false });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (piece: string) => this.#keep(piece));
    this.#socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.#socket.on("close", () => resolve());
    });
  }

  get text(): string {
    return this.#text;
  }

  #keep(piece: string): void {
    const room = mostKept - this.#text.length;
    if (piece.length > room) this.cut = true;
    this.#text += piece.slice(0, room);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const endOf = ({ code, signal }: Awaited<ChildHandle["exit"]>): ProgramEnd => {
  if (signal !== null) return { kind: "signaled", signal };
  return code === null ? { kind: "lost" } : { kind: "exited", code };
};

const killOne = (child: ChildHandle): void => void child.kill(signalNumbers["SIGKILL"] ?? 9);

/** SIGKILL to a process group whose leader has not been reaped, so that its number is nobody else's. */
function killMembers({ pid }: ChildHandle): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it, or it was never made.
  }
}

function killGroupOf(child: ChildHandle): void {
  killMembers(child);
  killOne(child);
}

/** Where no group of ours holds what a program leaves behind, its process group ends with it. */
function endWithLeader(child: ChildHandle): void {
  child.onEnd((reaped) => {
    // The number is kept as long as the group has members; a process of that number is of a new one.
    if (!reaped || readProcessStat(child.pid) === null) killMembers(child);
  });
}

interface ProgramParts {
  readonly ownGroup: boolean;
  readonly tether: Tether | null;
  /** How long output is read after its end, when descendants hold it open. */
  readonly drainMs: number;
}

class HostProgram implements RunningProgram {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildHandle;
  readonly #outputs: readonly [Output, Output];
  readonly #ownGroup: boolean;
  #isOver = false;

  constructor(child: ChildHandle, outputs: readonly [Output, Output], { ownGroup, tether, drainMs }: ProgramParts) {
    this.pid = child.pid;
    this.#child = child;
    this.#outputs = outputs;
    this.#ownGroup = ownGroup;
    this.ended = child.exit.then(async (exit) => {
      this.#isOver = true;
      tether?.goodbye();
      await settlesWithin(systemClock, Promise.all(outputs.map(({ closed }) => closed)), drainMs);
      for (const output of outputs) output.close();
      return endOf(exit);
    });
  }

  kill = (): void => {
    if (this.#isOver) return;
    if (this.#ownGroup) killGroupOf(this.#child);
    else killOne(this.#child);
  };

  output = () => {
    const [stdout, stderr] = this.#outputs;
    return { stdout: stdout.text, stderr: stderr.text, cut: stdout.cut || stderr.cut };
  };
}

const environmentOf = (env: ProgramRequest["env"]): readonly string[] =>
  Object.entries({ ...process.env, ...env }).map(([name, value]) => `${name}=${value}`);

/** Starts programs in groups of a scenario, each with a process group of its own. */
export function programStarter(groups: HostGroups, drainMs: number): Ports["startProgram"] {
  return async (request, signal) => {
    const { argv, env, cgroup, usesParentPgrp } = request;
    const [command = "", ...args] = argv;
    const pipes = [openStdioPipe("output"), openStdioPipe("output")] as const;
    const nothing = openSync("/dev/null", "r");
    // In a group it is ended with the group when we die; outside, by a helper of its own.
    const isTied = cgroup === "" && !usesParentPgrp;
    const tied: { tether: Tether | null } = { tether: null };
    try {
      const joins = cgroup === "" ? [] : groups.joins(cgroup);
      const started = await launch({
        mode: "pool",
        launcherOptions: { ...inheritAll, joins, pgroup: !usesParentPgrp, strict: true },
        command,
        args,
        env: environmentOf(env),
        fds: [nothing, pipes[0].childs, pipes[1].childs],
        cgroup: cgroup === "" ? null : groups.directory(cgroup),
        // It waits: there is no moment in which it runs and nothing would end it with us.
        beforeExec: isTied ? ({ child }) => startTetherOf(child, tied) : null,
        signal,
      });
      if (started.fail !== null) throw startErrorOf(started.fail, command, noAttributes);
      if (!started.ready)
        throw new CorralError("START_FAILED", `${command} was killed before it began`, { object: command });
      const { child } = started;
      if (isTied) endWithLeader(child);
      const outputs = [new Output(pipes[0]), new Output(pipes[1])] as const;
      return new HostProgram(child, outputs, { ownGroup: !usesParentPgrp, tether: tied.tether, drainMs });
    } catch (thrown) {
      tied.tether?.goodbye();
      for (const pipe of pipes) pipe.closeOurs();
      throw thrown;
    } finally {
      for (const pipe of pipes) pipe.closeChilds();
      closeSync(nothing);
    }
  };
}

/** @throws CorralError NATIVE_MISSING, NATIVE_CALL: the program does not begin then */
async function startTetherOf({ pid }: ChildHandle, tied: { tether: Tether | null }): Promise<void> {
  tied.tether = await startTether({ graceMs: 0, procs: [], kill: null, rmdir: [], pgid: pid });
}
