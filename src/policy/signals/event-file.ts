import { watch } from "node:fs";
import { parseFlatKeyed, tryReadControl } from "../../cgroup/index.ts";
import { errnoOf } from "../../report/index.ts";
import type { Looks } from "./looks.ts";
import type { OpenSource, Source } from "./source.ts";

export type Counters = ReadonlyMap<string, number>;

/** How often a file is read beside its events: a removed group may go without one. */
const besideMs = 5000;

/** Reads a file of counters such as memory.events. */
export const lookAtCounters = (file: string) => () => {
  const text = tryReadControl(file);
  return text === null ? { gone: `${file} is gone` } : { value: parseFlatKeyed(text) };
};

/**
 * The counters of a file whenever the kernel says that it changed (inotify(7) works on cgroup files), and every 5 s beside;
 * every `everyMs` where no watch can be had.
 */
export function eventFile(file: string, everyMs: number, looks: Looks): OpenSource<Counters> {
  return (sink) => {
    let looked: Source | null = null;
    let read = (): void => {};
    const stop = (): void => {
      watcher?.close();
      looked?.close();
    };
    const both = {
      value: sink.value,
      end: (reason: string) => {
        stop();
        sink.end(reason);
      },
    };
    const { watcher, refused } = startWatch(file, () => read());
    if (watcher === null) {
      looked = looks.open(everyMs, false, lookAtCounters(file), refused)(both);
      return { means: looked.means, close: stop };
    }
    looked = looks.open(besideMs, false, lookAtCounters(file), "beside inotify")(both);
    read = () => {
      const found = lookAtCounters(file)();
      if ("gone" in found) both.end(found.gone);
      else sink.value(found.value);
    };
    return { means: { mechanism: "inotify", reason: file }, close: stop };
  };
}

function startWatch(file: string, onChange: () => void) {
  try {
    const watcher = watch(file, { persistent: false }, onChange);
    watcher.on("error", onChange);
    return { watcher, refused: "" };
  } catch (thrown) {
    return { watcher: null, refused: `no inotify watch can be had (${errnoOf(thrown) ?? "error"})` };
  }
}
