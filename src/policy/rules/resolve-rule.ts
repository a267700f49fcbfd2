import { compileMatch } from "../../kernel/match/index.ts";
import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import { pathName } from "../../report/config/index.ts";
import { textGlob } from "../../report/index.ts";
import type { Action } from "../model/index.ts";
import type { RawAction } from "./action-schema.ts";
import { parseAmount, parseSignal } from "./action-schema.ts";
import type { Condition } from "./condition.ts";
import { conditionsIn } from "./condition.ts";
import { resolveCondition } from "./resolve-condition.ts";
import type { Rule, RuleLimits, Selection } from "./rule.ts";
import { limitDefaults } from "./rule.ts";
import type { RawGoverning, RawRule } from "./rule-schema.ts";
import { parseShare, toBytes, toMs, toNs } from "./values.ts";

const defaultAckMs = 30_000;
const defaultHookMs = 30_000;
const defaultLeastBytes = 16 * 2 ** 20;

function resolveAction(raw: RawAction): Action {
  if (raw.message !== undefined) return { do: "message", verb: raw.message, params: raw.params ?? {} };
  if (raw.signal !== undefined) return { do: "signal", signal: parseSignal(String(raw.signal)) };
  if (raw.reclaim !== undefined)
    return { do: "reclaim", ...parseAmount(String(raw.reclaim)), swappiness: raw.swappiness ?? null };
  if (raw.memory_high !== undefined) {
    const leastBytes = raw.least === undefined ? defaultLeastBytes : toBytes(raw.least);
    const mostBytes = raw.most === undefined ? null : toBytes(raw.most);
    return { do: "memory_high", percentOfCurrent: parseShare(raw.memory_high) * 100, leastBytes, mostBytes };
  }
  if (raw.madvise !== undefined) return { do: "madvise", advice: raw.madvise };
  if (raw.freeze !== undefined) return { do: "freeze", mostMs: toMs(raw.freeze) };
  if (raw.weight !== undefined)
    return { do: "weight", cpuWeight: raw.weight.cpu ?? null, ioWeight: raw.weight.io ?? null };
  if (raw.exec !== undefined)
    return { do: "exec", argv: raw.exec, timeoutMs: raw.timeout === undefined ? defaultHookMs : toMs(raw.timeout) };
  return { do: "thaw" };
}

function resolveSelection({ select = {}, except = [] }: RawRule, action: Action): Selection {
  const { ancestor, workload, tags = {}, enrolled, min_rss, min_age: _, ...match } = select;
  const wantsWorkload = action.do === "message" || workload !== undefined || Object.keys(tags).length > 0;
  return {
    match: compileMatch(match),
    except: except.map((one) => compileMatch(one)),
    ancestor: ancestor === undefined ? null : compileMatch(ancestor),
    enrolment: enrolled ?? (wantsWorkload ? "required" : "any"),
    workload: workload === undefined ? null : { written: workload, fits: textGlob(workload) },
    tags: Object.entries(tags).map(([key, written]) => ({ key, written, fits: textGlob(written) })),
    minRssBytes: min_rss === undefined ? 0 : toBytes(min_rss),
  };
}

function resolveLimits(raw: NonNullable<RawGoverning["limits"]>): RuleLimits {
  const { retry = {}, rate, breaker } = raw;
  const none = limitDefaults;
  return {
    retry: {
      attempts: retry.attempts ?? none.retry.attempts,
      initialNs: retry.initial === undefined ? none.retry.initialNs : toNs(retry.initial),
      maxNs: retry.max === undefined ? none.retry.maxNs : toNs(retry.max),
    },
    inFlight: raw.in_flight ?? none.inFlight,
    maxWaitNs: raw.wait === undefined ? none.maxWaitNs : toNs(raw.wait),
    rate: rate === undefined ? null : { count: rate.count, perNs: toNs(rate.per), burst: rate.burst ?? rate.count },
    jitterNs: raw.jitter === undefined ? none.jitterNs : toNs(raw.jitter),
    cooldownNs: raw.cooldown === undefined ? none.cooldownNs : toNs(raw.cooldown),
    breaker: breaker === undefined ? null : { failures: breaker.failures, pauseNs: toNs(breaker.pause) },
    dryRun: raw.dry_run ?? none.dryRun,
  };
}

/** A least age is one more condition: the rule waits for it. */
function withAge(condition: Condition, minAge: string | number | undefined): Condition {
  if (minAge === undefined) return condition;
  return { kind: "all", of: [condition, { kind: "since", event: "fork", afterNs: toNs(minAge) }] };
}

const hasExit = (condition: Condition): boolean =>
  [...conditionsIn(condition)].some((one) => one.kind === "since" && one.event === "exit");

/** The windows that a pressure trigger may have, psi.rst. */
const [leastWindowUs, mostWindowUs] = [500_000, 10_000_000];

/** What is wrong with the parts of a rule together. */
function* contradictions(rule: Rule, at: ConfigPath): Iterable<ConfigIssue> {
  const told = (key: string, message: string): ConfigIssue => ({
    path: [...at, key],
    at: "value",
    message: `${pathName([...at, key])} ${message}`,
  });
  if (hasExit(rule.when) && rule.action.do !== "exec")
    yield told("when", "waits for an exit, after which there is no process left; only exec goes with it");
  for (const one of conditionsIn(rule.when)) {
    if (one.kind === "pressure" && (one.windowUs < leastWindowUs || one.windowUs > mostWindowUs))
      yield told("when", "has a pressure window that is not from 500ms to 10s");
    if (one.kind === "pressure" && one.stallUs > one.windowUs)
      yield told("when", "has a pressure stall that is longer than its window");
    if ((one.kind === "level" || one.kind === "share") && one.rearm > one.above)
      yield told("when", "has a rearm above its above");
    if (one.kind === "for" && [...conditionsIn(one.of)].some(({ kind }) => kind === "every" || kind === "daily"))
      yield told("when", "has a schedule under for, but a schedule holds for a moment only");
  }
  const { action, select } = rule;
  if (action.do === "message" && select.enrolment === "any")
    yield told("select", "says enrolled: any, but a message needs an enrolled workload");
  if (action.do === "memory_high" && action.mostBytes !== null && action.mostBytes < action.leastBytes)
    yield told("do", "has a least above its most");
  if (rule.limits.retry.initialNs > rule.limits.retry.maxNs)
    yield told("limits", "has a first pause above the longest");
}

/** Lays a rule over the defaults, key by key, and says what it means. */
export function resolveRule(
  raw: RawRule,
  defaults: RawGoverning,
  at: ConfigPath,
  refuse: (issue: ConfigIssue) => void,
): Rule {
  const action = resolveAction(raw.do);
  const get = raw.get ?? defaults.get;
  const verify = raw.verify ?? defaults.verify;
  const rule: Rule = {
    name: raw.name,
    text: JSON.stringify([raw, defaults]),
    select: resolveSelection(raw, action),
    when: withAge(resolveCondition(raw.when), raw.select?.min_age),
    action,
    othersInGroup: raw.do.others_in_group ?? false,
    ackTimeoutMs: get === undefined ? defaultAckMs : toMs(get.ack),
    verify:
      verify === undefined
        ? null
        : { afterNs: verify.after === undefined ? 0n : toNs(verify.after), minGainBytes: toBytes(verify.min_gain) },
    limits: resolveLimits({ ...defaults.limits, ...raw.limits }),
    record: raw.record ?? defaults.record ?? "when_done",
    adopt: raw.adopt ?? defaults.adopt ?? false,
  };
  for (const issue of contradictions(rule, at)) refuse(issue);
  return rule;
}
