import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { ModuleReference, WorkLatencies } from "../model/index.ts";

/** What a worker's program is told. */
export interface CustomOrder extends Required<ModuleReference> {
  readonly name: string;
  readonly config: unknown;
  readonly samples: WorkLatencies;
  /** That the module's path counts from; the worker's working directory. */
  readonly directory: string;
  /** Directory of its group; null: none. */
  readonly cgroup: string | null;
  /** Name of the worker; null: `node`. */
  readonly comm: string | null;
}

/** Longest argument of execve(2), the NUL at its end included. */
const longestArgument = 131_072;

/**
 * The command line of workers; the number of the worker follows it.
 * @throws CorralError NATIVE_MISSING without the program, USAGE for a config that no command line can hold
 */
export function customCommand(order: CustomOrder): readonly string[] {
  const file = join(packageRoot(), "dist/custom-worker.cjs");
  if (!existsSync(file))
    throw new CorralError("NATIVE_MISSING", `the program of Custom workers is missing: ${file}`, {
      object: file,
      fix: "run `npm run build` or install the package whole",
    });
  const text = JSON.stringify({ ...order, directory: resolve(order.directory) });
  if (Buffer.byteLength(text) >= longestArgument)
    throw new CorralError("USAGE", `the config of ${order.name} is too long: ${Buffer.byteLength(text)} bytes`, {
      object: order.name,
      fix: `pass at most ${longestArgument / 1024} KiB, or the path of a file`,
    });
  // A module of ES is loaded by require(), which Node calls an experiment.
  return [process.execPath, "--disable-warning=ExperimentalWarning", file, text];
}
