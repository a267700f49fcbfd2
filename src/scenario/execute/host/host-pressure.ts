import { openSignals } from "../../../policy/signals/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { PressureWait } from "../ports.ts";
import type { HostGroups } from "./host-groups.ts";

/** Path of a group below the mount of its hierarchy, as signals name it. */
const pathOf = (groups: HostGroups, name: string): string =>
  groups.directory(name).slice(groups.host.unified?.mountPoint.length ?? 0);

/** Waits for a PSI trigger to fire. @throws CorralError SIGNAL_UNAVAILABLE */
export async function awaitPressure(groups: HostGroups, wait: PressureWait, signal: AbortSignal): Promise<void> {
  const { cgroup, resource, share, stallUs, windowUs } = wait;
  await using signals = openSignals();
  const subject =
    cgroup === null ? ({ kind: "system" } as const) : ({ kind: "group", path: pathOf(groups, cgroup) } as const);
  const metric = `pressure_${resource}_${share}` as const;
  // Nothing of a signal keeps the process alive; the wait must.
  const alive = setInterval(() => {}, 1000);
  try {
    await new Promise<void>((resolve, reject) => {
      const onSample = ({ value }: { readonly value: number }): void => {
        if (value >= stallUs) resolve();
      };
      const onEnd = (reason: string): void =>
        reject(new CorralError("SIGNAL_UNAVAILABLE", reason, { object: cgroup ?? "host" }));
      signals.watch({ subject, metric, trigger: { stallUs, windowUs }, everyMs: null }, onSample, onEnd);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  } finally {
    clearInterval(alive);
  }
}
