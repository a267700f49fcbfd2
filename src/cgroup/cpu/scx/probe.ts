import { spawnSync } from "node:child_process";
import { requireScheduler } from "../../../kernel/index.ts";
import type { SchedulerWord } from "./lines.ts";
import { SchedulerLines } from "./lines.ts";

/** How something that the kernel lacks is called. */
export const lackText = ({ what, name }: Extract<SchedulerWord, { kind: "lack" }>): string =>
  what === "types" ? "its types (/sys/kernel/btf/vmlinux)" : `${what} ${name}`;

/**
 * What the running kernel lacks for the scheduler, by name; empty when it has everything. Loads nothing and needs no privilege.
 * @throws CorralError NATIVE_MISSING without the helper
 */
export function schedulerLacks(): readonly string[] {
  const { stdout } = spawnSync(requireScheduler(), ["probe"], { encoding: "utf8" });
  return new SchedulerLines().take(stdout).flatMap((word) => (word.kind === "lack" ? [lackText(word)] : []));
}
