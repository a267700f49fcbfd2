import type {
  CallsReport,
  GuardClientOptions,
  LimitsRequest,
  SessionClass,
  SessionDocument,
  TokenDocument,
} from "../guard/client/index.ts";
import { GuardClient } from "../guard/client/index.ts";
import { CorralError, counted, formatBytes, formatSeconds, formatTable, parseDurationMs } from "../report/index.ts";
import { describeOutcome, lookUpUser } from "../run/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { writeText } from "./output.ts";
import type {
  sessionAdoptFlags,
  sessionCreateFlags,
  sessionFreezeFlags,
  sessionListFlags,
  sessionRemoveFlags,
  sessionTokenFlags,
  sessionUpdateFlags,
} from "./session-flags.ts";

/** Asks the guard and hangs up. */
async function ask<T>(flags: { readonly socket?: string }, work: (client: GuardClient) => Promise<T>): Promise<T> {
  const options: GuardClientOptions = flags.socket === undefined ? {} : { socket: flags.socket };
  const client = new GuardClient(options);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** @param fix what helps where it is missing */
function oneName(args: readonly string[], fix = "corral session list has them"): string {
  const [name, ...more] = args;
  if (name !== undefined && more.length === 0) return name;
  throw new CorralError("USAGE", "name one session", { object: "session", fix });
}

const heading = ["SESSION", "CLASS", "OWNER", "STATE", "PROCESSES", "MEMORY", "ENDS IN"];

const rowOf = (session: SessionDocument): readonly string[] => [
  session.name,
  session.class,
  String(session.owner),
  session.frozen ? "frozen" : "runs",
  String(session.processes),
  session.memory_bytes === null ? "-" : formatBytes(session.memory_bytes),
  session.expires_in_ms === null ? "-" : formatSeconds(session.expires_in_ms / 1000),
];

function tell(session: SessionDocument, json: boolean): number {
  const { ttl_ms } = session;
  const life = ttl_ms === null ? [] : [`ttl ${formatSeconds(ttl_ms / 1000)}: removed when unchanged for so long`];
  const lines = [...life, ...session.limits.map(describeOutcome)].map((one) => `${one}\n`).join("");
  writeText(1, json ? `${JSON.stringify(session, null, 2)}\n` : `${formatTable(heading, [rowOf(session)])}${lines}`);
  return 0;
}

/** `corral session list`: the sessions that this user may see. @returns 0 @throws CorralError GUARD_UNREACHABLE */
export async function sessionListCommand(flags: RawFlags<typeof sessionListFlags>): Promise<number> {
  const status = await ask(flags, (client) => client.status());
  const text = formatTable(heading, status.sessions.map(rowOf));
  writeText(1, flags.json === true ? `${JSON.stringify(status, null, 2)}\n` : text);
  return 0;
}

/** `corral session status NAME`. @returns 0 @throws CorralError SESSION_NOT_FOUND, GUARD_UNREACHABLE */
export async function sessionStatusCommand(
  flags: RawFlags<typeof sessionListFlags>,
  args: readonly string[],
): Promise<number> {
  return tell(await ask(flags, (client) => client.session(oneName(args))), flags.json === true);
}

type UpdateFlags = RawFlags<typeof sessionUpdateFlags>;

/** The guard judges them, with the parser of the flags. */
function requestOf({ class: of, ttl, socket: _socket, json: _json, ...limits }: UpdateFlags) {
  return {
    ...(of === undefined ? {} : { class: of as SessionClass }),
    ...(ttl === undefined ? {} : { ttl }),
    limits: limits as LimitsRequest,
  };
}

/** `corral session create NAME`. @returns 0 @throws CorralError USAGE, SESSION_EXISTS, GUARD_DENIED, GUARD_UNREACHABLE */
export async function sessionCreateCommand(
  { owner, ...flags }: RawFlags<typeof sessionCreateFlags>,
  args: readonly string[],
): Promise<number> {
  const uid = owner === undefined ? {} : { owner: flagValue("owner", owner, lookUpUser).uid };
  const request = { name: oneName(args, "corral session create NAME"), ...uid, ...requestOf(flags) };
  return tell(await ask(flags, (client) => client.createSession(request)), flags.json === true);
}

/** `corral session update NAME`. @returns 0 @throws CorralError USAGE, SESSION_NOT_FOUND, GUARD_DENIED, GUARD_UNREACHABLE */
export async function sessionUpdateCommand(flags: UpdateFlags, args: readonly string[]): Promise<number> {
  return tell(await ask(flags, (client) => client.updateSession(oneName(args), requestOf(flags))), flags.json === true);
}

/** `corral session freeze NAME`. @returns 0 @throws CorralError SESSION_NOT_FOUND, NOT_FROZEN, GUARD_DENIED, GUARD_UNREACHABLE */
export async function sessionFreezeCommand(
  flags: RawFlags<typeof sessionFreezeFlags>,
  args: readonly string[],
): Promise<number> {
  const most = flags.most === undefined ? {} : { mostMs: Math.round(flagValue("most", flags.most, parseDurationMs)) };
  return tell(await ask(flags, (client) => client.freezeSession(oneName(args), most)), flags.json === true);
}

/** `corral session thaw NAME`. @returns 0 @throws CorralError SESSION_NOT_FOUND, GUARD_DENIED, GUARD_UNREACHABLE */
export async function sessionThawCommand(
  flags: RawFlags<typeof sessionListFlags>,
  args: readonly string[],
): Promise<number> {
  return tell(await ask(flags, (client) => client.thawSession(oneName(args))), flags.json === true);
}

/** `corral session remove NAME`. @returns 0 @throws CorralError SESSION_NOT_FOUND, SESSION_BUSY, GUARD_DENIED, GUARD_UNREACHABLE */
export async function sessionRemoveCommand(
  flags: RawFlags<typeof sessionRemoveFlags>,
  args: readonly string[],
): Promise<number> {
  await ask(flags, (client) => client.removeSession(oneName(args), { kill: flags.kill === true }));
  return 0;
}

/**
 * `corral session adopt NAME`: puts processes that run already into a session.
 * @returns 0; 1 when some of them stayed where they are
 * @throws CorralError USAGE, SESSION_NOT_FOUND, GUARD_DENIED, PROCESS_GONE, PROCESS_PROTECTED, SESSION_BUSY, GUARD_UNREACHABLE
 */
export async function sessionAdoptCommand(
  { pid, unit, container, ...flags }: RawFlags<typeof sessionAdoptFlags>,
  args: readonly string[],
): Promise<number> {
  const session = oneName(args);
  const wanted = [
    ...(pid === undefined ? [] : [{ pid: Number(pid) }]),
    ...(unit === undefined ? [] : [{ unit }]),
    ...(container === undefined ? [] : [{ container }]),
  ];
  const [one, ...more] = wanted;
  if (one === undefined || more.length > 0)
    throw new CorralError("USAGE", "name one of --pid, --unit and --container", { object: "--pid" });
  const done = await ask(flags, (client) => client.adopt(session, one));
  const left = done.left.map((stays) => `process ${stays.pid} stays: ${stays.reason}\n`).join("");
  const text = `${counted(done.processes, "process is", "processes are")} in ${session}\n${left}`;
  writeText(1, flags.json === true ? `${JSON.stringify(done, null, 2)}\n` : text);
  return done.left.length === 0 ? 0 : 1;
}

const reportHeading = [
  ...["TOOL", "CALLS", "FAILED", "OOM", "SECONDS", "BURST", "PEAK", "MEAN", "CPU", "THROTTLED", "FROZEN"],
  ...["OVER", "UNDER", "WASTE"],
];

const seconds = (value: number): string => value.toFixed(1);
const size = (bytes: number | null): string => (bytes === null ? "-" : formatBytes(bytes));

const reportRow = (tool: string, of: CallsReport): readonly string[] => [
  tool,
  ...[of.calls, of.failed, of.ooms].map(String),
  ...[of.duration_sec, of.burst_sec].map(seconds),
  ...[of.memory_peak_bytes, of.memory_mean_peak_bytes].map(size),
  ...[of.cpu_sec, of.throttled_sec, of.frozen_sec].map(seconds),
  ...[of.over_declared, of.under_declared].map(String),
  of.waste_ratio === null ? "-" : `${Math.round(of.waste_ratio * 100)}%`,
];

/** `corral session report NAME`. @returns 0 @throws CorralError SESSION_NOT_FOUND, GUARD_UNREACHABLE */
export async function sessionReportCommand(
  flags: RawFlags<typeof sessionListFlags>,
  args: readonly string[],
): Promise<number> {
  const report = await ask(flags, (client) => client.report(oneName(args)));
  const rows = [...report.tools.map(({ tool, ...of }) => reportRow(tool, of)), reportRow("all", report.all)];
  const text = formatTable(reportHeading, rows);
  writeText(1, flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : text);
  return 0;
}

/**
 * `corral session token NAME`: the token by which others act for a session, on stdout and nowhere else.
 * @returns 0
 * @throws CorralError SESSION_NOT_FOUND, GUARD_DENIED, GUARD_UNREACHABLE
 */
export async function sessionTokenCommand(
  flags: RawFlags<typeof sessionTokenFlags>,
  args: readonly string[],
): Promise<number> {
  const session = oneName(args);
  const named = { schema: "corral.session-token/1", session } as const;
  if (flags.revoke === true) {
    const revoked = await ask(flags, (client) => client.revokeToken(session));
    const text = revoked ? "the token is worth nothing any more\n" : "there was no token\n";
    writeToken(flags, { ...named, revoked }, text);
    return 0;
  }
  const token = await ask(flags, (client) => client.issueToken(session));
  writeToken(flags, { ...named, token }, `${token}\n`);
  return 0;
}

function writeToken({ json }: { readonly json?: boolean }, document: TokenDocument, text: string): void {
  writeText(1, json === true ? `${JSON.stringify(document, null, 2)}\n` : text);
}
