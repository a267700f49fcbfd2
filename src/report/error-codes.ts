/** Exit statuses of every command that has no table of its own (design rule 9; timeout(1), env(1)). */
export const exitStatus = {
  /** Unknown flag, value out of range, conflicting flags: nothing was started. */
  usage: 2,
  /** The workload ran longer than `--timeout`. */
  timeout: 124,
  /** Corral itself failed. */
  corral: 125,
  /** The command was found but could not be executed. */
  notExecutable: 126,
  /** The command was not found. */
  notFound: 127,
} as const;

/** Every stable error code with its exit status and meaning; docs/errors.md is compared with this table by a test. */
export const errorCodes = {
  USAGE: {
    exitStatus: exitStatus.usage,
    meaning: "a flag or argument is unknown, malformed, out of range or in conflict",
  },
  COMMAND_NOT_FOUND: {
    exitStatus: exitStatus.notFound,
    meaning: "the command does not exist on PATH or at the path given",
  },
  COMMAND_NOT_EXECUTABLE: {
    exitStatus: exitStatus.notExecutable,
    meaning: "the command exists but the kernel refused to execute it",
  },
  START_FAILED: {
    exitStatus: exitStatus.corral,
    meaning: "the workload could not be started for a reason other than its command",
  },
  STRICT_REFUSED: {
    exitStatus: exitStatus.corral,
    meaning: "--strict was given and a limit could not be applied as requested",
  },
  JOB_EXISTS: { exitStatus: exitStatus.corral, meaning: "a live job already has this id" },
  STATE_UNWRITABLE: {
    exitStatus: exitStatus.corral,
    meaning: "a start record or result could not be written to the state directory",
  },
  REPORT_UNWRITABLE: { exitStatus: exitStatus.corral, meaning: "the report file could not be written" },
  CGROUP_PARENT: {
    exitStatus: exitStatus.corral,
    meaning: "the parent group that was asked for does not exist or cannot hold groups",
  },
  CGROUP_IO: { exitStatus: exitStatus.corral, meaning: "a cgroup file could not be read or written" },
  SYSTEMD: { exitStatus: exitStatus.corral, meaning: "systemd refused or could not be reached over D-Bus" },
  NATIVE_MISSING: {
    exitStatus: exitStatus.corral,
    meaning: "a native piece (launcher or addon) is missing for this platform",
  },
  NATIVE_CALL: { exitStatus: exitStatus.corral, meaning: "a system call made by a native piece failed" },
  VM_UNAVAILABLE: {
    exitStatus: exitStatus.corral,
    meaning: "the virtual machine cannot be built here: a program, package or kernel is missing",
  },
  VM_FAILED: {
    exitStatus: exitStatus.corral,
    meaning: "the virtual machine ended without running the command to its end",
  },
  INTERNAL: { exitStatus: exitStatus.corral, meaning: "a bug in Corral" },
} as const;

export type ErrorCode = keyof typeof errorCodes;
