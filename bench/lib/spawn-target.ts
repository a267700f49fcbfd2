import { requireAddon, toByteBlock } from "../../src/kernel/index.ts";
import { plainEnvironment } from "../run/settings.ts";
import { nowMs } from "./measure.ts";

/** A process that runs until `end`. */
export interface Spawned {
  readonly pid: number;
  readonly execMs: number;
  readonly end: () => void;
}

/** A program that takes a number of seconds, from its exec on: vfork holds this process up until then. */
export function spawnTarget(target: string, nullFd: number): Spawned {
  const addon = requireAddon();
  const argv = toByteBlock([target, "1000"]);
  const { pid, pidfd } = addon.spawn(
    target,
    argv,
    toByteBlock(plainEnvironment()),
    null,
    [nullFd, nullFd, nullFd],
    null,
    0,
  );
  const execMs = nowMs();
  const end = (): void => {
    addon.pidfdSendSignal(pidfd, 9);
    const watcher = addon.watchFd(pidfd, 1, () => {
      if (addon.waitPidfd(pidfd) === null) return;
      watcher.close();
      addon.close(pidfd);
    });
  };
  return { pid, execMs, end };
}
