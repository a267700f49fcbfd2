import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { StdioPipe } from "../../kernel/index.ts";
import { openStdioPipe } from "../../kernel/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";
import { describeValue, readOptions, readText, wrong } from "./option-values.ts";
import type { StdioOption, StdioSlot } from "./stdio-options.ts";

/** Our ends of the pipes; null where there is none. */
export interface JobStreams {
  readonly stdin: Socket | null;
  readonly stdout: Socket | null;
  readonly stderr: Socket | null;
}

export const noStreams: JobStreams = { stdin: null, stdout: null, stderr: null };

/** Descriptors for a workload that is about to start. */
export interface OpenStdio {
  readonly fds: readonly [number, number, number];
  /** The workload runs: closes what is only its own, and makes streams of our ends. */
  readonly started: () => JobStreams;
  /** It never will: closes everything that was opened here. */
  readonly discard: () => void;
}

interface OpenSlot {
  readonly fd: number;
  readonly pipe: StdioPipe | null;
  readonly close: () => void;
}

const names = ["stdin", "stdout", "stderr"] as const;

const ofCaller = (fd: number): OpenSlot => ({ fd, pipe: null, close: () => {} });

function openPath(index: number, path: string, flags: string): OpenSlot {
  try {
    const fd = openSync(path, flags);
    return { fd, pipe: null, close: () => closeSync(fd) };
  } catch (cause) {
    throw new CorralError("USAGE", `stdio: cannot open ${path} for ${names[index]}: ${errnoOf(cause) ?? "error"}`, {
      object: path,
      cause,
    });
  }
}

function openSlot(index: number, slot: StdioSlot): OpenSlot {
  if (slot === "inherit") return ofCaller(index);
  if (slot === "ignore") return openPath(index, "/dev/null", "r+");
  if (slot === "pipe") {
    const pipe = openStdioPipe(index === 0 ? "input" : "output");
    return { fd: pipe.childs, pipe, close: pipe.closeChilds };
  }
  const fd = typeof slot === "object" && slot !== null && "fd" in slot ? slot.fd : slot;
  if (typeof fd === "number") {
    if (!Number.isInteger(fd) || fd < 0) throw wrong(`stdio[${index}]`, `is not an open descriptor: ${fd}`);
    return ofCaller(fd);
  }
  if (typeof fd === "string")
    throw wrong(`stdio[${index}]`, `knows inherit, ignore and pipe, not ${describeValue(fd)}`);
  const { file, append } = readOptions(`stdio[${index}]`, fd, ["file", "append"]);
  const path = readText(`stdio[${index}].file`, file);
  if (path === undefined) throw wrong(`stdio[${index}]`, "needs a file, a descriptor or a word");
  return openPath(index, path, index === 0 ? "r" : append === true ? "a" : "w");
}

const slotsOf = (option: StdioOption | undefined): readonly StdioSlot[] => {
  if (option === undefined) return ["ignore", "inherit", "inherit"];
  if (!Array.isArray(option)) return [option, option, option] as readonly StdioSlot[];
  if (option.length !== 3) throw wrong("stdio", "expects a word, or one entry for each of stdin, stdout and stderr");
  return option;
};

function toStreams(pipes: readonly (StdioPipe | null)[]): JobStreams {
  const [stdin, stdout, stderr] = pipes.map((pipe, index) => {
    if (pipe === null) return null;
    const socket = new Socket({ fd: pipe.ours, readable: index > 0, writable: index === 0 });
    // A workload that ends before it has read everything is ordinary; who listens is told all the same.
    if (index === 0) socket.on("error", () => {});
    return socket;
  });
  return { stdin: stdin ?? null, stdout: stdout ?? null, stderr: stderr ?? null };
}

/**
 * Opens what becomes standard input, output and error of a workload.
 * @throws CorralError USAGE for a malformed option or a file that cannot be opened, NATIVE_MISSING for a pipe without
 * the addon
 */
export function openStdio(option: StdioOption | undefined): OpenStdio {
  const open: OpenSlot[] = [];
  const discard = (): void => {
    for (const { pipe, close } of open.splice(0)) {
      close();
      pipe?.closeOurs();
    }
  };
  try {
    for (const [index, slot] of slotsOf(option).entries()) open.push(openSlot(index, slot));
  } catch (thrown) {
    discard();
    throw thrown;
  }
  const [stdin = -1, stdout = -1, stderr = -1] = open.map(({ fd }) => fd);
  return {
    fds: [stdin, stdout, stderr],
    started: () => {
      for (const { close } of open) close();
      return toStreams(open.map(({ pipe }) => pipe));
    },
    discard,
  };
}
