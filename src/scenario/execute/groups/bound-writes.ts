import { CorralError } from "../../../report/index.ts";
import type { Clock } from "../../clock/index.ts";
import { settlesWithin } from "../../clock/index.ts";
import type { GroupFiles } from "./group-files.ts";

/** The same groups with an end to every write: one that hangs in the kernel ends the op and not the run. */
export function boundWrites(files: GroupFiles, clock: Clock, limitMs: number): GroupFiles {
  const bound = async (what: string, object: string, work: Promise<void>): Promise<void> => {
    if (await settlesWithin(clock, work, limitMs)) return;
    // What becomes of it later is nobody's business any more.
    work.catch(() => {});
    throw new CorralError("CGROUP_IO", `${what} was not taken by the kernel within ${limitMs} ms`, {
      object,
      found: "ETIMEDOUT",
    });
  };
  return {
    ...files,
    write: (name, use, file, value) =>
      bound(`the write to ${file} of ${name || "the scenario's group"}`, name, files.write(name, use, file, value)),
    kill: (name) => bound(`the kill of ${name || "the scenario's group"}`, name, files.kill(name)),
    join: (name, pid) => bound(`the move of process ${pid} to ${name}`, name, files.join(name, pid)),
  };
}
