import { CorralError } from "../../../report/index.ts";
import type { SchedulerWord } from "./lines.ts";
import { lackText } from "./probe.ts";
import { loadedScheduler } from "./state.ts";

const fixes: Readonly<Record<number, string>> = {
  1: "run as root, or with CAP_BPF and CAP_PERFMON",
  16: "end the scheduler that is loaded",
};

/** Why the helper could not load the scheduler, from what it said before it ended. */
export function refusalOf(words: readonly SchedulerWord[], ended: string): CorralError {
  const lacks = words.flatMap((word) => (word.kind === "lack" ? [lackText(word)] : []));
  const failed = words.find((word) => word.kind === "fail");
  const exit = words.find((word) => word.kind === "exit");
  const refuse = (message: string, found: string, fix: string): CorralError =>
    new CorralError("SCHEDULER_UNAVAILABLE", message, { object: "sched_ext", found, fix });
  if (lacks.length > 0)
    return refuse(
      `this kernel lacks what the scx scheduler needs: ${lacks.join(", ")}`,
      lacks.join(", "),
      "use the fair backend, or a kernel that has it: Linux 7.2 with CONFIG_SCHED_CLASS_EXT and CONFIG_EXT_GROUP_SCHED",
    );
  if (failed !== undefined) {
    const other = failed.errno === 16 ? loadedScheduler() : null;
    return refuse(
      `the kernel refused the scx scheduler: ${failed.call} of ${failed.what} failed with errno ${failed.errno}${other === null ? "" : `; ${other} is loaded`}`,
      `errno ${failed.errno}`,
      fixes[failed.errno] ?? "the loader's stderr has the verifier's words",
    );
  }
  if (exit !== undefined)
    return refuse(
      `the kernel put the scx scheduler away at once: ${exit.reason} ${exit.message}`.trim(),
      exit.reason,
      "see the kernel's log",
    );
  return refuse(`the loader of the scx scheduler ended before it was ready: ${ended}`, ended, "see its stderr");
}
