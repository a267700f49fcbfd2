import { compileMatch } from "../../kernel/match/index.ts";
import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import { judgeValues, parseConfig, readConfigText } from "../../report/config/index.ts";
import { CorralError, parseDurationMs, quote } from "../../report/index.ts";
import { lookUpUser } from "../../run/index.ts";
import { parseListen } from "../../run/metrics/index.ts";
import type { RawPlacement, RawSession, RawTenant } from "./config-schema.ts";
import { guardConfigSchema } from "./config-schema.ts";
import type { GuardConfig, PlacementRule, Tenant } from "./config-types.ts";
import { freezeMostPlain } from "./config-types.ts";
import { plainCpu, resolveCpu } from "./cpu-settings.ts";
import { resolveMemory } from "./memory-config.ts";
import { plainMemory } from "./memory-settings.ts";
import type { Refuse } from "./resolve-settings.ts";
import { resolveLimits, resolveTools } from "./resolve-settings.ts";
import type { SessionSpec, ToolSettings } from "./session-settings.ts";
import { builtinSessions, plainTools, sessionLimits } from "./session-settings.ts";
import type { Indexed, SoundGuardConfig } from "./sound-part.ts";
import { soundPart } from "./sound-part.ts";
import { ttlMs } from "./time-to-live.ts";

/** What holds without a file. */
export const plainGuardConfig: GuardConfig = {
  file: null,
  cgroupRoot: null,
  socket: null,
  listen: null,
  toolLog: null,
  freezeMostMs: parseDurationMs(freezeMostPlain),
  cpu: plainCpu,
  warmMoves: "auto",
  memory: plainMemory,
  tools: plainTools,
  sessions: builtinSessions,
  tenants: [],
  placement: [],
};

/**
 * Reads and judges the file of `corral guard`, at most 1 MiB.
 * @throws ConfigError (code CONFIG) with everything that is wrong in the file; CorralError CONFIG when it cannot be read
 */
export function loadGuardConfig(path: string): GuardConfig {
  return parseGuardConfig(readConfigText(path), path);
}

/**
 * Judges the file as `loadGuardConfig` does, and asks more of it.
 * @param more what else is wrong with a file whose every value is sound
 * @throws as loadGuardConfig does
 */
export function checkGuardConfig(path: string, more: (config: GuardConfig) => readonly ConfigIssue[]): GuardConfig {
  return parseGuardConfig(readConfigText(path), path, more);
}

/**
 * Judges the text of the file and resolves it.
 * @param file what messages call it
 * @param more see checkGuardConfig
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export function parseGuardConfig(
  text: string,
  file: string,
  more: (config: GuardConfig) => readonly ConfigIssue[] = () => [],
): GuardConfig {
  return parseConfig(text, file, (value, name) => {
    const wrong = judgeValues(guardConfigSchema, value);
    // What values mean together is asked of those that are sound, so that one reading tells every mistake.
    const { config, issues } = resolve(soundPart(value, wrong), name);
    const all = distinctPlaces([...wrong, ...issues, ...more(config)]);
    return all.length === 0 ? { config, issues: all } : { config: null, issues: all };
  });
}

function resolve(raw: SoundGuardConfig, file: string): { config: GuardConfig; issues: readonly ConfigIssue[] } {
  const issues: ConfigIssue[] = [];
  const refuse: Refuse = (issue) => void issues.push(issue);
  const tools = resolveTools(raw.tools, plainTools, ["tools"], refuse);
  const written = raw.sessions.map(([index, one]) => resolveSession(one, tools, ["sessions", index], refuse));
  const sessions = [
    ...builtinSessions
      .filter(({ name }) => !written.some((one) => one.name === name))
      .map((one) => ({ ...one, tools })),
    ...written,
  ];
  const tenants = raw.tenants.map(([index, one]) => [index, resolveTenant(one, ["tenants", index], refuse)] as const);
  refuseTwins(named(raw.sessions), "sessions", "name", refuse);
  refuseTwins(named(raw.placement), "placement", "name", refuse);
  refuseTwins(users(raw.tenants, tenants), "tenants", "user", refuse);
  const known = raw.sessionNames === null ? null : [...raw.sessionNames, ...sessions.map(({ name }) => name)];
  const config: GuardConfig = {
    file,
    cgroupRoot: raw.cgroup_root ?? null,
    socket: raw.socket ?? null,
    listen: raw.listen ?? null,
    toolLog: raw.tool_log ?? null,
    freezeMostMs: parseDurationMs(String(raw.freeze_most ?? freezeMostPlain)),
    cpu: resolveCpu(raw.cpu),
    warmMoves: raw.warm_moves ?? "auto",
    memory: resolveMemory(raw.memory, refuse),
    tools,
    sessions,
    tenants: tenants.map(([, tenant]) => tenant),
    placement: raw.placement.map(([index, one]) => resolveRule(one, known, ["placement", index], refuse)),
  };
  refuseListen(config.listen, refuse);
  return { config, issues };
}

/** The tools' settings are read again for every session; what is wrong with them is told once. */
const distinctPlaces = (issues: readonly ConfigIssue[]): readonly ConfigIssue[] =>
  issues.filter((one, at) => issues.findIndex(({ message }) => message === one.message) === at);

interface Whose {
  readonly user?: string;
  readonly uid?: number;
}

/** Entries that may be of one thing twice. */
interface Twin {
  readonly index: number;
  readonly value: string | number;
  /** Key that it was written with. */
  readonly key: string;
}

const named = (entries: readonly Indexed<{ readonly name: string }>[]): readonly Twin[] =>
  entries.map(([index, { name }]) => ({ index, value: name, key: "name" }));

const users = (raw: readonly Indexed<Whose>[], tenants: readonly Indexed<Tenant>[]): readonly Twin[] =>
  tenants.flatMap(([index, { uid }], at) => {
    const { uid: number, user } = raw[at]?.[1] ?? {};
    if (number === undefined && user === undefined) return [];
    return [{ index, value: uid, key: number === undefined ? "user" : "uid" }];
  });

/** The user an entry names; null: it names none. */
function ownerOf({ user, uid }: Whose, at: ConfigPath, refuse: Refuse): number | null {
  if (user !== undefined && uid !== undefined)
    refuse({ path: [...at, "uid"], at: "key", message: `${at.join(".")} has a user and a uid; give one of them` });
  return uid ?? (user === undefined ? null : lookUpUser(user).uid);
}

function resolveSession(raw: RawSession, tools: ToolSettings, at: ConfigPath, refuse: Refuse): SessionSpec {
  const sessionClass = raw.class ?? builtinSessions.find(({ name }) => name === raw.name)?.class ?? "normal";
  return {
    name: raw.name,
    class: sessionClass,
    owner: ownerOf(raw, at, refuse) ?? 0,
    limits: sessionLimits(sessionClass, resolveLimits(raw.limits, [...at, "limits"], refuse)),
    tools: resolveTools(raw.tools, tools, [...at, "tools"], refuse),
    ttlMs: raw.ttl === undefined ? null : ttlMs(String(raw.ttl)),
    origin: "file",
  };
}

function resolveTenant(raw: RawTenant, at: ConfigPath, refuse: Refuse): Tenant {
  const uid = ownerOf(raw, at, refuse);
  if (uid === null) refuse({ path: at, at: "value", message: `tenants[${at[1]}] names no user; give user or uid` });
  return {
    uid: uid ?? 0,
    class: raw.class ?? "normal",
    mostSessions: raw.most_sessions ?? 4,
    ceilings: resolveLimits(raw.ceilings, [...at, "ceilings"], refuse),
  };
}

/** @param sessions null: nobody can say which there are */
function resolveRule(
  raw: RawPlacement,
  sessions: readonly string[] | null,
  at: ConfigPath,
  refuse: Refuse,
): PlacementRule {
  if (sessions?.includes(raw.session) === false) {
    const message = `placement[${at[1]}].session names no session of this file: ${quote(raw.session)}`;
    refuse({ path: [...at, "session"], at: "value", message });
  }
  return {
    name: raw.name,
    session: raw.session,
    match: compileMatch(raw.match),
    except: (raw.except ?? []).map(compileMatch),
  };
}

/** @param what what the entries have in common, in words */
function refuseTwins(entries: readonly Twin[], list: string, what: string, refuse: Refuse): void {
  for (const [at, { index, value, key }] of entries.entries()) {
    const first = entries.findIndex((one) => one.value === value);
    const before = entries[first];
    if (first === at || before === undefined) continue;
    const text = typeof value === "number" ? String(value) : quote(value);
    const message = `${list}[${index}].${key} is the ${what} of ${list}[${before.index}] already: ${text}`;
    refuse({ path: [list, index, key], at: "value", message });
  }
}

function refuseListen(listen: string | null, refuse: Refuse): void {
  if (listen === null) return;
  try {
    parseListen(listen);
  } catch (thrown) {
    const { fix } = CorralError.from(thrown);
    refuse({ path: ["listen"], at: "value", message: `listen is no address to listen on: ${quote(listen)}; ${fix}` });
  }
}
