/**
 * kernel/: the one door to what JavaScript cannot reach: the native addon, the launcher, /proc.
 * What may enter: system calls and kernel text formats, each with its manual page, typed and with the errno
 * kept. What it may not know: jobs, limits, hierarchies, policy, output. It imports report/ only.
 */

export { toByteBlock } from "./byte-text.ts";
export type { ChildHandle, SpawnMode, SpawnRequest } from "./child-handle.ts";
export type {
  ConnectorExec,
  ConnectorExit,
  ConnectorFork,
  ConnectorRecord,
  ConnectorRename,
} from "./connector-record.ts";
export {
  ioprioClasses,
  rlimits,
  schedPolicies,
  signalName,
  signalNumber,
  signalNumbers,
  taskFlags,
} from "./constants.ts";
export type { ExitInfo, ResourceUsage } from "./exit-info.ts";
export type { ExitEvents, ExitSource, ForeignProcess, ObserveOptions } from "./foreign-process.ts";
export { observeProcess, zombieStatus } from "./foreign-process.ts";
export type { HeldLauncher, JoinReason, LaunchRequest, LaunchResult } from "./launch.ts";
export { launch } from "./launch.ts";
export type { LauncherOptions, RlimitSetting } from "./launcher-options.ts";
export { inheritAll } from "./launcher-options.ts";
export type { LauncherFailure, LauncherSet, LauncherStatus } from "./launcher-status.ts";
export { leave } from "./leave.ts";
export type { AddonStatus, FdCallback, FdWatcher, NativeAddon, NativeExit, PidfdInfo } from "./native-addon.ts";
export { addonStatus, launcherPath, loadAddon, requireAddon } from "./native-addon.ts";
export { nativeErrno } from "./native-error.ts";
export { formatNumberList, parseNumberList } from "./number-list.ts";
export { ownArguments, ownEnvironment } from "./own-words.ts";
export { packageRoot } from "./package-root.ts";
export type { ConnectorLoss, ProcConnector } from "./proc-connector.ts";
export { openProcConnector } from "./proc-connector.ts";
export type { LinkTarget } from "./proc-read.ts";
export { spawnProcess } from "./process.ts";
export type { ProcessFacts, ProcessUids } from "./process-list.ts";
export { listPids, processFacts } from "./process-list.ts";
export type { Pid, ProcessIdentity, ProcessStat } from "./procfs.ts";
export {
  bootId,
  identityOf,
  isSameProcess,
  listChildren,
  openProcess,
  parseProcessStat,
  readProcessStat,
  taskStartTicks,
  toPid,
  uptimeTicks,
} from "./procfs.ts";
export type { NotifyResult } from "./sd-notify.ts";
export { notifySystemd } from "./sd-notify.ts";
export type { StdioPipe } from "./stdio-pipe.ts";
export { openStdioPipe } from "./stdio-pipe.ts";
export type { TaskDeadline, TaskIoPriority, TaskScheduling } from "./task-attributes.ts";
export {
  listTasks,
  readAffinity,
  readIoPriority,
  readNice,
  readOomScore,
  readRlimit,
  readScheduling,
  setAffinity,
  setIoPriority,
  setNice,
  setOomScore,
  setRlimit,
  setScheduling,
} from "./task-attributes.ts";
export type { Tether, TetherRequest } from "./tether.ts";
export { startTether } from "./tether.ts";
export { exitStatusOf, watchExit } from "./watch-exit.ts";
