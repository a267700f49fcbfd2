import { tryReadControl } from "../../../src/cgroup/index.ts";
import { groupsBelow } from "../../../src/guard/tree/index.ts";

/** Groups of sessions with what a guard does to them for a while, each as `path file=value`. */
export interface Temporary {
  /** Frozen or told to freeze. */
  readonly frozen: readonly string[];
  /** Of their memory, or that of others kept for them. */
  readonly clamped: readonly string[];
  /** By a weight that no class has but the one that the tests give nobody. */
  readonly weighed: readonly string[];
}

/** What files hold that nobody has written to; the tests set no limit of memory. */
const plain = { "memory.high": "max", "memory.low": "0", "memory.max": "max" } as const;

/** cpu.weight of a session that is clamped. */
const clampedWeight = "10";

/** Looks at every group below a root. */
export function readTemporary(root: string): Temporary {
  const [, ...below] = groupsBelow(root);
  const holds = (path: string, file: string, isTemporary: (value: string) => boolean): readonly string[] => {
    const value = tryReadControl(`${path}/${file}`)?.trim();
    return value !== undefined && isTemporary(value) ? [`${path.slice(root.length)} ${file}=${value}`] : [];
  };
  return {
    frozen: below.flatMap((path) => [
      ...holds(path, "cgroup.freeze", (value) => value === "1"),
      ...holds(path, "cgroup.events", (value) => value.includes("frozen 1")),
    ]),
    clamped: below.flatMap((path) =>
      Object.entries(plain).flatMap(([file, standing]) => holds(path, file, (value) => value !== standing)),
    ),
    weighed: below.flatMap((path) => holds(path, "cpu.weight", (value) => value === clampedWeight)),
  };
}
