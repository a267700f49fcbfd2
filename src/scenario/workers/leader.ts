import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { ChildHandle } from "../../kernel/index.ts";
import { openStdioPipe, requireWorker, spawnProcess } from "../../kernel/index.ts";
import { errnoOf } from "../../report/index.ts";

/** What the leader is told: let the workers go, stop them, kill them, or come to its end. */
export type LeaderWord = "go" | "stop" | "kill" | "quit";

/** The process that made the workers and waits for them. It kills them when it or we die. */
export interface Leader {
  readonly child: ChildHandle;
  /** A leader that is gone is told nothing. */
  tell(word: LeaderWord): void;
}

/**
 * Starts `corral-worker`; `onLine` hears each line that it prints, `onClose` the end of its output.
 * @throws CorralError NATIVE_MISSING, NATIVE_CALL
 */
export async function startLeader(
  args: readonly string[],
  handlers: { readonly onLine: (line: string) => void; readonly onClose: () => void },
): Promise<Leader> {
  const input = openStdioPipe("input");
  const output = openStdioPipe("output");
  try {
    const child = await spawnProcess({
      file: requireWorker(),
      argv: ["corral-worker", ...args],
      env: [],
      cwd: "/",
      fds: [input.childs, output.childs, 2],
      cgroup: null,
      mode: "pool",
    });
    readLines(output.ours, handlers);
    let isThere = true;
    void child.exit.finally(() => {
      isThere = false;
      return input.closeOurs();
    });
    return { child, tell: (word) => void (isThere && write(input.ours, word)) };
  } catch (thrown) {
    input.closeOurs();
    output.closeOurs();
    throw thrown;
  } finally {
    input.closeChilds();
    output.closeChilds();
  }
}

function readLines(fd: number, handlers: Parameters<typeof startLeader>[1]): void {
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
}

function write(fd: number, word: LeaderWord): void {
  try {
    writeSync(fd, word.charAt(0));
  } catch (thrown) {
    if (errnoOf(thrown) !== "EPIPE") throw thrown;
  }
}
