/**
 * kernel/: the one door to what JavaScript cannot reach: the native addon, the launcher, /proc.
 * What may enter: system calls and kernel text formats, each with its manual page, typed and with the errno
 * kept. What it may not know: jobs, limits, hierarchies, policy, output. It imports report/ only.
 */

export type { BpfLifecycle, BpfOptions, BpfProgram } from "./bpf-program.ts";
export { openBpfLifecycle, openBpfOpens, openBpfReadline } from "./bpf-program.ts";
export type { BpfExec, BpfExit, BpfFork, BpfOpen, BpfReadline, BpfRecord } from "./bpf-record.ts";
export { bpfLayout } from "./bpf-record.ts";
export { probeMemcgBpfOps } from "./btf-struct.ts";
export { decodeBytes, toByteBlock, toByteString } from "./byte-text.ts";
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
export type { CpuTopology } from "./cpu-topology.ts";
export { readCpuTopology } from "./cpu-topology.ts";
export type { ExecMove, ExecMover, MovedProgram } from "./exec-mover.ts";
export type { ExitInfo, ResourceUsage } from "./exit-info.ts";
export { exitFromNative, exitFromWaitStatus, unknownExit } from "./exit-info.ts";
export type { DirectoryIdentity, FileAnswer, FileCall } from "./file-calls.ts";
export { doFileCalls } from "./file-calls.ts";
export type { ExitEvents, ExitSource, ForeignProcess, ObserveOptions } from "./foreign-process.ts";
export { observeProcess, zombieStatus } from "./foreign-process.ts";
export { hostName } from "./host-name.ts";
export type { HeldLauncher, JoinReason, LaunchRequest, LaunchResult, ReleasedLauncher } from "./launch.ts";
export { launch } from "./launch.ts";
export type { LauncherOptions, RlimitSetting } from "./launcher-options.ts";
export { inheritAll, launcherArguments } from "./launcher-options.ts";
export type { LauncherFailure, LauncherSet, LauncherStatus } from "./launcher-status.ts";
export { ParsedStatus } from "./launcher-status.ts";
export { leave } from "./leave.ts";
export type { AdviceSlice, MemoryAdvice } from "./memory-advice.ts";
export { adviseAnonymous } from "./memory-advice.ts";
export type { MemoryUse } from "./memory-use.ts";
export { readMemoryUse, readStatusMemory } from "./memory-use.ts";
export type { MoveWarmer } from "./move-warmer.ts";
export { startMoveWarmer } from "./move-warmer.ts";
export type { NamespaceKind } from "./namespaces.ts";
export { isInitialNamespace } from "./namespaces.ts";
export type { AddonStatus, FdCallback, FdWatcher, NativeAddon, NativeExit, PidfdInfo } from "./native-addon.ts";
export {
  addonStatus,
  fdEvents,
  launcherPath,
  loadAddon,
  requireAddon,
  requireScheduler,
  requireThinClient,
  requireWorker,
} from "./native-addon.ts";
export { nativeErrno } from "./native-error.ts";
export type { NativeMemory, PackParameters } from "./native-memory.ts";
export { memoryAdvice, packKinds, packResultNumbers, unpackOutcomes } from "./native-memory.ts";
export type { SocketType } from "./native-sockets.ts";
export { socketTypes } from "./native-sockets.ts";
export { isNodeProgram } from "./node-program.ts";
export { formatNumberList, parseNumberList } from "./number-list.ts";
export { ownArguments, ownEnvironment } from "./own-words.ts";
export type { OwnedSocket, OwnedSocketRequest } from "./owned-socket.ts";
export { bindOwnedSocket } from "./owned-socket.ts";
export { packageRoot } from "./package-root.ts";
export type { ConnectorLoss, ProcConnector } from "./proc-connector.ts";
export { openProcConnector } from "./proc-connector.ts";
export type { LinkTarget } from "./proc-read.ts";
export { readProcText } from "./proc-read.ts";
export { spawnProcess } from "./process.ts";
export type { ProcessFacts, ProcessUids } from "./process-list.ts";
export { listPids, processFacts } from "./process-list.ts";
export type { ProcessStatus } from "./process-status.ts";
export { catchesSignal, readProcessStatus } from "./process-status.ts";
export type { Pid, ProcessIdentity, ProcessStat } from "./procfs.ts";
export {
  bootId,
  identityOf,
  isRunning,
  isSameProcess,
  listChildren,
  openProcess,
  ownIdentity,
  parseProcessStat,
  readProcessStat,
  taskStartTicks,
  toPid,
  uptimeTicks,
} from "./procfs.ts";
export type { ProgramMark } from "./program-mark.ts";
export { hasExecuted, readProgramMark } from "./program-mark.ts";
export type { RestorerRequest } from "./restorer.ts";
export { startRestorer } from "./restorer.ts";
export type { NotifyResult } from "./sd-notify.ts";
export { notifySystemd } from "./sd-notify.ts";
export { holdShortSlice } from "./short-slice.ts";
export type { SignalDisposition } from "./signal-disposition.ts";
export { signalDisposition } from "./signal-disposition.ts";
export type { Delivery } from "./signal-process.ts";
export { signalProcess } from "./signal-process.ts";
export type { StdioPipe } from "./stdio-pipe.ts";
export { openStdioPipe } from "./stdio-pipe.ts";
export type { SwapSpace } from "./swap-space.ts";
export { readSwapSpace } from "./swap-space.ts";
export type { TaskDeadline, TaskIoPriority, TaskScheduling } from "./task-attributes.ts";
export {
  deadlinePolicy,
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
export type { TiedHelper } from "./tied-helper.ts";
export type { ConnectionHandlers, UnixPeer } from "./unix-connection.ts";
export { UnixConnection } from "./unix-connection.ts";
export type { DatagramReceiver, DatagramSender, OnDatagram } from "./unix-datagrams.ts";
export { receiveDatagrams } from "./unix-datagrams.ts";
export type { ListenOptions, UnixListener } from "./unix-listener.ts";
export { listenUnix } from "./unix-listener.ts";
export type { UrgentThreads } from "./urgent-threads.ts";
export { holdUrgent } from "./urgent-threads.ts";
export type { UserEntry } from "./user-lookup.ts";
export { groupsOf, lookUpGroup, lookUpUser } from "./user-lookup.ts";
export { readVmCounter } from "./vm-counter.ts";
export { exitStatusOf, watchExit } from "./watch-exit.ts";
