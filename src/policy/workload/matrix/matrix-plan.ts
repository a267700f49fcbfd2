import { quote } from "../../../report/index.ts";
import type { ProgramName } from "../settings/index.ts";
import { isMemoryProgram, programNames, programs } from "../settings/index.ts";

/** One workload of the matrix. */
export interface MatrixEntry {
  readonly program: ProgramName;
  /** Its name as the original writes it, and that of its directory. */
  readonly workload: string;
  readonly target: "triggerable" | "observe_only";
  /** Its flags. */
  readonly args: readonly string[];
}

/** The parameters of the original, which make runs comparable. */
const parameters: Readonly<Record<ProgramName, readonly string[]>> = {
  "anon-streamer": ["--region-mb", "512", "--idle-ms", "300", "--arena-cap-mb", "256"],
  "interactive-burst": ["--region-mb", "256", "--active-ms", "100", "--idle-ms", "400", "--arena-cap-mb", "128"],
  "random-touch-heap": ["--region-mb", "512", "--ops-per-sec", "400000", "--arena-cap-mb", "256"],
  "mmap-churn": ["--map-kb", "512", "--ops-per-sec", "500", "--arena-region-mb", "128", "--arena-cap-mb", "128"],
  "fork-exit-storm": ["--workers", "4", "--fork-rate", "20"],
  "fork-touch-exit": ["--workers", "4", "--fork-rate", "20", "--touch-pages", "64"],
  "fork-exec-storm": ["--workers", "2", "--fork-rate", "10", "--exec-path", "/bin/true"],
};

const entryOf = (program: ProgramName, socket: string, durationSec: number): MatrixEntry => {
  const asked = [
    "--use-mem-arena",
    "--controller-enroll",
    "--controller-sock",
    socket,
    "--compress-policy",
    "external",
  ];
  return {
    program,
    workload: programs[program].workload,
    target: programs[program].target,
    args: [
      ...parameters[program],
      ...(isMemoryProgram(program) ? asked : []),
      ...["--duration-sec", String(durationSec), "--json"],
    ],
  };
};

/**
 * Reads the names of workloads, with dashes or underscores.
 * @throws RangeError for a name that is none
 */
export const readOnly = (text: string): readonly ProgramName[] =>
  text.split(",").map((name) => {
    const found = programNames.find((program) => program === name.trim().replaceAll("_", "-"));
    if (found === undefined) throw new RangeError(`takes ${programNames.join(", ")}, not ${quote(name)}`);
    return found;
  });

/**
 * The workloads of a matrix, in the order of the original.
 * @param only null: all
 * @param socketOf socket of the controller of a workload
 */
export const planMatrix = (
  only: readonly ProgramName[] | null,
  durationSec: number,
  socketOf: (workload: string) => string,
): readonly MatrixEntry[] =>
  programNames
    .filter((program) => only === null || only.includes(program))
    .map((program) => entryOf(program, socketOf(programs[program].workload), durationSec));
