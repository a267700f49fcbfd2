import { CorralError } from "../report/index.ts";
import type { ConnectorRecord } from "./connector-record.ts";
import { decodeRecord, recordBytes } from "./connector-record.ts";
import type { FdWatcher, NativeAddon } from "./native-addon.ts";
import { fdEvents, requireAddon } from "./native-addon.ts";
import { errnoName, nativeCallError } from "./native-error.ts";
import { parseNumberList } from "./number-list.ts";
import { readProcText } from "./proc-read.ts";

// enum proc_cn_mcast_op, linux/cn_proc.h
const listen = 1;
const ignore = 2;
const batchRecords = 512;
// Before the numbers of a CPU: the drop counter. Of each CPU: seen, next, lost.
const stateHeader = 1;
const statePerCpu = 3;

/** Events that did not arrive, since the connector was opened. Threads' events count too: lost is lost before it is read. */
export interface ConnectorLoss {
  /** Dropped because the receive buffer was full: this process read too slowly. */
  readonly dropped: number;
  /** Gaps in the sequence numbers of each CPU that had one; sees a drop only when the next event of that CPU arrives. */
  readonly gapsByCpu: ReadonlyMap<number, number>;
}

/** A subscription to the forks, execs and exits of the whole host. */
export interface ProcConnector {
  /** Bytes of kernel memory for events not yet read, as the kernel counts them (about 800 per event). */
  readonly receiveBufferBytes: number;
  /** Up to 512 events that have arrived; empty when none is left. Never waits. */
  receive(): ConnectorRecord[];
  loss(): ConnectorLoss;
  /**
   * Calls back in the event loop whenever something can be received, until the returned watch is closed.
   * @param onError the descriptor can no longer be watched
   */
  watch(onReadable: () => void, onError: (error: CorralError) => void): FdWatcher;
  /** Ends the subscription and frees the socket; idempotent. Close a watch first. */
  close(): void;
}

function cpuCapacity(): number {
  const cpus = parseNumberList(readProcText("/sys/devices/system/cpu/possible") ?? "");
  // The largest CONFIG_NR_CPUS, where the kernel does not tell.
  return (cpus?.at(-1) ?? 8191) + 1;
}

function lossOf(state: Uint32Array): ConnectorLoss {
  const gapsByCpu = new Map<number, number>();
  for (let at = stateHeader; at < state.length; at += statePerCpu) {
    const lost = state[at + 2] ?? 0;
    if (lost !== 0) gapsByCpu.set((at - stateHeader) / statePerCpu, lost);
  }
  return { dropped: state[0] ?? 0, gapsByCpu };
}

/** Reads up to the answer to `ack` and returns the events that came with it. */
function awaitAck(receive: () => ConnectorRecord[], ack: number): ConnectorRecord[] {
  // The kernel has answered before the request returned, unless it chose not to.
  for (let records = receive(); records.length > 0; records = receive()) {
    const answer = records.find((record) => record.kind === "ack" && record.ack === ack);
    if (answer?.kind !== "ack") continue;
    if (answer.errno === 0) return records.filter(({ kind }) => kind !== "ack");
    const code = errnoName(answer.errno);
    throw nativeCallError("PROC_CN_MCAST_LISTEN", { code, errno: -answer.errno, syscall: "PROC_CN_MCAST_LISTEN" });
  }
  throw new CorralError("NATIVE_CALL", "the kernel does not answer a request for process events", {
    object: "proc connector",
    found: "no answer: closed inside a pid or user namespace",
    fix: "run in the initial pid and user namespace",
  });
}

function makeReceiver(addon: NativeAddon, fd: number, state: Uint32Array): () => ConnectorRecord[] {
  // Of its own, not of Buffer's pool: the records are aligned for the addon.
  const buffer = Buffer.from(new ArrayBuffer(batchRecords * recordBytes));
  return () => {
    const count = addon.procConnectorReceive(fd, buffer, state);
    const records: ConnectorRecord[] = [];
    for (let index = 0; index < count; index += 1) {
      const record = decodeRecord(buffer, index * recordBytes);
      if (record !== null) records.push(record);
    }
    return records;
  };
}

// Any number will do: it tells our answer from those to other listeners.
const ackOf = (fd: number): number => ((process.pid << 8) | (fd & 0xff)) & 0x3fff_ffff;

/**
 * Subscribes to the events of every process of the host.
 * @param receiveBufferBytes wish; beyond net.core.rmem_max only with CAP_NET_ADMIN
 * @throws CorralError NATIVE_MISSING without the addon; NATIVE_CALL with EPROTONOSUPPORT when the kernel has no
 *   connector, ECONNREFUSED in another network namespace or without CONFIG_PROC_EVENTS, EPERM without CAP_NET_ADMIN
 *   before Linux 6.6, and without an errno when it answers nobody here
 */
export function openProcConnector(receiveBufferBytes: number): ProcConnector {
  const addon = requireAddon();
  const [fd, granted] = addon.procConnectorOpen(receiveBufferBytes);
  const state = new Uint32Array(stateHeader + statePerCpu * cpuCapacity());
  const receive = makeReceiver(addon, fd, state);
  let open = true;
  let first: ConnectorRecord[] = [];
  const close = (): void => {
    if (!open) return;
    open = false;
    try {
      // Before Linux 6.6 the kernel would go on counting us among the listeners.
      addon.procConnectorControl(fd, ignore, 0);
    } catch {
      // Then it never counted us.
    }
    addon.close(fd);
  };
  try {
    const ack = ackOf(fd);
    addon.procConnectorControl(fd, listen, ack);
    first = awaitAck(receive, ack + 1);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    receiveBufferBytes: granted,
    receive() {
      if (!open) return [];
      const records = first.length > 0 ? first : receive();
      first = [];
      return records;
    },
    loss: () => lossOf(state),
    watch: (onReadable, onError) =>
      addon.watchFd(fd, fdEvents.readable, (_events, status) => {
        if (status === 0) onReadable();
        else onError(nativeCallError("poll", { code: "EBADF", syscall: "poll" }, "proc connector"));
      }),
    close,
  };
}
