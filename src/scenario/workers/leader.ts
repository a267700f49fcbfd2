import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { ChildHandle } from "../../kernel/index.ts";
import { openStdioPipe, requireWorker, signalNumbers, spawnProcess } from "../../kernel/index.ts";
import { errnoOf } from "../../report/index.ts";
import { settlesWithin, systemClock } from "../clock/index.ts";

const sigkill = signalNumbers["SIGKILL"] ?? 9;

/** What the leader is told: let the workers go, stop them, or kill them. */
export type LeaderWord = "go" | "stop" | "kill";

/** How long a leader may take to end when it is told to, and again when it is killed. */
const quitMs = 2000;

/** The process that made the workers and waits for them. It kills them when it or we die. */
export interface Leader {
  readonly child: ChildHandle;
  /** A leader that is gone is told nothing. */
  tell(word: LeaderWord): void;
  /**
   * Ends it, and with it what is left of its workers: it waits for these, and one that the kernel does not let go of would keep it.
   * It is killed then, and left behind when that does not end it either.
   */
  quit(): Promise<void>;
}

interface LeaderOptions {
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly onLine: (line: string) => void;
  readonly onClose: () => void;
}

/**
 * Starts `corral-worker`; `onLine` hears each line that it prints, `onClose` the end of its output.
 * @throws CorralError NATIVE_MISSING, NATIVE_CALL
 */
export async function startLeader(args: readonly string[], options: LeaderOptions): Promise<Leader> {
  const input = openStdioPipe("input");
  const output = openStdioPipe("output");
  try {
    const child = await spawnProcess({
      file: requireWorker(),
      argv: ["corral-worker", ...args],
      env: options.env,
      cwd: "/",
      fds: [input.childs, output.childs, 2],
      cgroup: null,
      mode: "pool",
    });
    const lines = readLines(output.ours, options);
    let isThere = true;
    void child.exit.finally(() => {
      isThere = false;
      return input.closeOurs();
    });
    const tell = (word: LeaderWord | "quit"): void => void (isThere && write(input.ours, word));
    const quit = async (): Promise<void> => {
      const ends = (): Promise<boolean> => settlesWithin(systemClock, child.exit, quitMs);
      tell("quit");
      const isOver = (await ends()) || (child.kill(sigkill) && (await ends()));
      if (!isOver) child.unref();
      // Workers that are left hold the other end.
      lines.destroy();
    };
    return { child, tell, quit };
  } catch (thrown) {
    input.closeOurs();
    output.closeOurs();
    throw thrown;
  } finally {
    input.closeChilds();
    output.closeChilds();
  }
}

function readLines(fd: number, handlers: LeaderOptions): Socket {
  const socket = new Socket({ fd, readable: true, writable: false });
  let rest = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) handlers.onLine(line);
  });
  socket.on("error", () => {});
  socket.on("close", () => handlers.onClose());
  return socket;
}

function write(fd: number, word: LeaderWord | "quit"): void {
  try {
    writeSync(fd, word.charAt(0));
  } catch (thrown) {
    if (errnoOf(thrown) !== "EPIPE") throw thrown;
  }
}
