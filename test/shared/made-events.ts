import type { ExecEvent, ExitEvent, FileOpenEvent, ForkEvent, ReadlineEvent } from "../../src/events/index.ts";
import type { RunningProcess } from "../../src/events/tree/index.ts";
import type { Pid, ProcessIdentity } from "../../src/kernel/index.ts";

const identityOf = (pid: number, startTicks: number): ProcessIdentity => ({
  bootId: "b00t",
  pid: pid as Pid,
  startTicks,
});

/** Events as a source would tell them: pid, start in ticks, parent, nanoseconds; everything else has one plain value. */
const base = (tgid: number, startTicks: number, timeNs: number) => ({
  tgid,
  identity: identityOf(tgid, startTicks),
  timestampNs: BigInt(timeNs),
  source: "bpf" as const,
  uid: null,
  cgroupId: null,
});

const life = (tgid: number, startTicks: number, ppid: number, timeNs: number) => ({
  ...base(tgid, startTicks, timeNs),
  ppid,
  reconciled: false,
});

type Life = readonly [tgid: number, startTicks: number, ppid: number, timeNs: number];

export const fork = (...of: Life): ForkEvent => ({ ...life(...of), kind: "fork" });

export const exec = (tgid: number, startTicks: number, ppid: number, timeNs: number, comm = "sh"): ExecEvent => ({
  ...life(tgid, startTicks, ppid, timeNs),
  kind: "exec",
  comm,
  filename: comm,
  exe: `/bin/${comm}`,
  argv: [comm],
  argvTruncated: false,
});

export const exit = (tgid: number, startTicks: number, ppid: number, timeNs: number, code = 0): ExitEvent => ({
  ...life(tgid, startTicks, ppid, timeNs),
  kind: "exit",
  status: code << 8,
  code,
  signal: null,
  coreDumped: false,
});

export const open = (tgid: number, startTicks: number, timeNs: number, path: string): FileOpenEvent => ({
  ...base(tgid, startTicks, timeNs),
  kind: "open",
  comm: "sh",
  path,
  flags: 0,
  result: 3,
});

export const readline = (tgid: number, startTicks: number, timeNs: number, text: string): ReadlineEvent => ({
  ...base(tgid, startTicks, timeNs),
  kind: "readline",
  comm: "bash",
  text,
  truncated: false,
});

/** A process that ran already. */
export const running = (tgid: number, startTicks: number, ppid = 0, comm = "sh"): RunningProcess => ({
  tgid,
  identity: identityOf(tgid, startTicks),
  ppid,
  uid: null,
  cgroupId: null,
  executed: true,
  program: { comm, exe: `/bin/${comm}`, argv: [comm], argvTruncated: false },
});
