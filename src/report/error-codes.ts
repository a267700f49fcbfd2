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
  CONFIG: {
    exitStatus: exitStatus.usage,
    meaning: "a configuration file cannot be read or has mistakes, each told with its line and column",
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
  ABORTED: {
    exitStatus: exitStatus.corral,
    meaning: "the caller's AbortSignal was aborted before the work was done",
  },
  STRICT_REFUSED: {
    exitStatus: exitStatus.corral,
    meaning: "--strict was given and a limit could not be applied as requested",
  },
  JOB_EXISTS: { exitStatus: exitStatus.corral, meaning: "a live job already has this id" },
  JOB_NOT_FOUND: { exitStatus: exitStatus.corral, meaning: "no job of this user has this id" },
  JOB_ENDED: { exitStatus: exitStatus.corral, meaning: "the job is over, so that nothing of it can be changed" },
  JOB_WATCHED: { exitStatus: exitStatus.corral, meaning: "another living Corral watches the job already" },
  JOB_BUSY: { exitStatus: exitStatus.corral, meaning: "another Corral has been changing the job for too long" },
  NO_GROUP: { exitStatus: exitStatus.corral, meaning: "the job has no control group, which this would need" },
  NOT_FROZEN: { exitStatus: exitStatus.corral, meaning: "a process of the job did not stop, or go on, in time" },
  NOT_CAPTURED: { exitStatus: exitStatus.corral, meaning: "the output of the job was not captured" },
  PROCESS_GONE: { exitStatus: exitStatus.corral, meaning: "there is no such process, or it has ended" },
  PROCESS_PROTECTED: {
    exitStatus: exitStatus.corral,
    meaning: "the process must not be governed: process 1, a kernel thread, Corral itself or what started it",
  },
  PROCESS_GOVERNED: { exitStatus: exitStatus.corral, meaning: "the process belongs to a job of Corral already" },
  PROCESS_MANAGED: {
    exitStatus: exitStatus.corral,
    meaning: "the process belongs to a container or a systemd unit, out of whose group it would be moved",
  },
  STATE_UNWRITABLE: {
    exitStatus: exitStatus.corral,
    meaning: "a start record or result could not be written to the state directory",
  },
  STATE_UNREADABLE: {
    exitStatus: exitStatus.corral,
    meaning: "the records or results in the state directory could not be read",
  },
  REPORT_UNWRITABLE: { exitStatus: exitStatus.corral, meaning: "the report or metrics file could not be written" },
  RECORDING: {
    exitStatus: exitStatus.corral,
    meaning: "a recording of events cannot be written or read, is damaged or was cut off",
  },
  RECORDS_UNWRITABLE: {
    exitStatus: exitStatus.corral,
    meaning: "records of policies could not be written to their file or pipe",
  },
  RECORDS_FOREIGN: {
    exitStatus: exitStatus.corral,
    meaning: "the file for records or a recording holds something else, which is left alone",
  },
  RECORDS_UNREADABLE: {
    exitStatus: exitStatus.corral,
    meaning: "a file of records of policies cannot be read, is cut, or is none; told with the line",
  },
  WATCH_RUNNING: {
    exitStatus: exitStatus.corral,
    meaning: "another corral watch governs the jobs of this state directory",
  },
  POLICY_RUNNING: {
    exitStatus: exitStatus.corral,
    meaning: "another corral policy serves this socket",
  },
  GUARD_HOST: {
    exitStatus: exitStatus.corral,
    meaning: "this host's control groups are not such that corral guard can make sessions",
  },
  GUARD_RUNNING: {
    exitStatus: exitStatus.corral,
    meaning: "another corral guard has the sessions of this state directory",
  },
  GUARD_UNREACHABLE: {
    exitStatus: exitStatus.corral,
    meaning: "no corral guard answers at the socket, or it went away before it answered",
  },
  GUARD_DENIED: {
    exitStatus: exitStatus.corral,
    meaning: "the guard does not let this user do that, or not beyond the bounds of its tenant",
  },
  SESSION_NOT_FOUND: { exitStatus: exitStatus.corral, meaning: "the guard has no such session for this user" },
  SESSION_EXISTS: { exitStatus: exitStatus.corral, meaning: "a session has this name already" },
  SESSION_BUSY: { exitStatus: exitStatus.corral, meaning: "processes or tool calls of the session are in the way" },
  SHIM_UNWRITABLE: { exitStatus: exitStatus.corral, meaning: "the stand-in for bash cannot be put into its directory" },
  FLEET_UNREACHABLE: {
    exitStatus: exitStatus.corral,
    meaning: "an agent or a controller cannot be reached, or is not who it should be",
  },
  FLEET_DENIED: {
    exitStatus: exitStatus.corral,
    meaning: "an agent or a controller does not know who calls it",
  },
  FLEET_BUSY: {
    exitStatus: exitStatus.corral,
    meaning: "an agent has a run of another controller, or ends",
  },
  FLEET_LOST: {
    exitStatus: exitStatus.corral,
    meaning: "the stream between a controller and an agent has broken",
  },
  FLEET_MESSAGE: {
    exitStatus: exitStatus.corral,
    meaning: "a message between a controller and an agent is larger than may be",
  },
  FLEET_INSECURE: {
    exitStatus: exitStatus.corral,
    meaning: "an agent or a controller would talk in plaintext over a network, or to whoever calls",
  },
  FLEET_CREDENTIALS: {
    exitStatus: exitStatus.corral,
    meaning: "a token, a certificate or a key cannot be used",
  },
  FLEET_HOST: {
    exitStatus: exitStatus.corral,
    meaning: "a host cannot be reached over ssh, or does not do what deploying, starting or stopping needs",
  },
  LISTEN_FAILED: {
    exitStatus: exitStatus.corral,
    meaning: "an address or socket that was to be served cannot be listened on",
  },
  SOCKET_IN_USE: { exitStatus: exitStatus.corral, meaning: "another living process serves this socket already" },
  CGROUP_PARENT: {
    exitStatus: exitStatus.corral,
    meaning: "the parent group that was asked for does not exist or cannot hold groups",
  },
  SIGNAL_UNAVAILABLE: {
    exitStatus: exitStatus.corral,
    meaning: "this host has nothing that tells what a policy wants to watch",
  },
  CGROUP_IO: { exitStatus: exitStatus.corral, meaning: "a cgroup file could not be read or written" },
  SYSTEMD: { exitStatus: exitStatus.corral, meaning: "systemd refused or could not be reached over D-Bus" },
  NATIVE_MISSING: {
    exitStatus: exitStatus.corral,
    meaning: "a native piece (launcher or addon) is missing for this platform",
  },
  NATIVE_CALL: { exitStatus: exitStatus.corral, meaning: "a system call made by a native piece failed" },
  SCHEDULER_UNAVAILABLE: {
    exitStatus: exitStatus.corral,
    meaning: "the kernel cannot take Corral's CPU scheduler: what it lacks, or which other it has, is told",
  },
  SCHEDULER_ENDED: {
    exitStatus: exitStatus.corral,
    meaning: "the kernel put the CPU scheduler away, or its loader died; the kernel's own scheduler has taken over",
  },
  ARENA_MEMORY: { exitStatus: exitStatus.corral, meaning: "memory for the arena or one of its regions cannot be had" },
  ARENA_CORRUPT: {
    exitStatus: exitStatus.corral,
    meaning: "the compressed copy of a chunk does not decompress to what was compressed",
  },
  ARENA_CLOSED: { exitStatus: exitStatus.corral, meaning: "the arena was closed, or its region freed" },
  SCENARIO_HOST: {
    exitStatus: exitStatus.corral,
    meaning: "this host's control groups cannot hold a scenario: what it lacks is told",
  },
  SCENARIO_FAILED: {
    exitStatus: exitStatus.corral,
    meaning: "a scenario that a test requires to pass failed: each check that did not hold is told",
  },
  SCENARIO_INCONCLUSIVE: {
    exitStatus: exitStatus.corral,
    meaning: "a scenario that a test requires to pass could not be judged: each check that says nothing is told",
  },
  WAIT_TIMEOUT: {
    exitStatus: exitStatus.corral,
    meaning: "a condition that a scenario waited for did not come true in time",
  },
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

/** A stable error code; docs/errors.md has them all. */
export type ErrorCode = keyof typeof errorCodes;
