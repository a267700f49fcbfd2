import { bootId, isRunning, toPid } from "../../kernel/index.ts";
import { CorralError, formatSeconds } from "../../report/index.ts";
import type { KeyExplanation, SelectionExplanation } from "../engine/index.ts";
import { explainSelection, needsOf } from "../engine/index.ts";
import type { Outcome } from "../model/index.ts";
import type { Rule, RuleSource } from "../rules/index.ts";
import { describeCondition, rulesOf } from "../rules/index.ts";
import { processesNow } from "./look-up.ts";
import type { PolicyState, StateEntry } from "./state-file.ts";
import { readState } from "./state-file.ts";

/** One rule and one process: `corral.policy-explain/1`. */
export interface RuleVerdict {
  readonly rule: string;
  /** `does_not_fit`: none of its business; `waits`, `acting`, `done`: a running policy has it; `would_have`: none runs that has it. */
  readonly verdict: "does_not_fit" | "not_enrolled" | "would_have" | "waits" | "acting" | "done";
  /** One clause for people. */
  readonly why: string;
  /** When the rule acts, in words. */
  readonly when: string;
  readonly action: string;
  readonly match: readonly KeyExplanation[];
  readonly except: SelectionExplanation["except"];
  readonly ancestor: SelectionExplanation["ancestor"];
  readonly enrolment: "required" | "expected" | "any";
  readonly last_outcome: Outcome | null;
  readonly last_reason: string | null;
}

export interface ProcessVerdict {
  readonly schema: "corral.policy-explain/1";
  readonly pid: number;
  readonly comm: string | null;
  /** Pid of the running policy that was asked, null when none runs. */
  readonly policy: number | null;
  /** Whose rules these are. ended: of the policy that ran last at this socket. plain: what one without flags would have. */
  readonly rules_of: "file" | "running" | "ended" | "plain";
  /** Pid of the policy that ran last, where its rules are those; null otherwise. */
  readonly ended_policy: number | null;
  readonly rules: readonly RuleVerdict[];
}

const isLiving = ({ pid, start_ticks: startTicks }: PolicyState): boolean =>
  isRunning({ bootId: bootId(), pid: toPid(pid), startTicks });

/** Whose rules are asked: those that were named, else those that run or ran last, else what holds without any. */
function chooseRules(source: RuleSource | null, last: PolicyState | null, isLive: boolean, plain: RuleSource) {
  if (source !== null) return { of: "file", source } as const;
  if (last === null) return { of: "plain", source: plain } as const;
  return { of: isLive ? "running" : "ended", source: last.rules } as const;
}

function whyNot({ match, except, ancestor }: SelectionExplanation): string {
  const failed = match.find(({ holds }) => holds !== true);
  if (failed !== undefined) return `${failed.key} ${failed.holds === null ? "cannot be read" : "does not hold"}`;
  if (except.some(({ holds }) => holds)) return "it is excepted";
  return ancestor === null ? "it does not fit" : "none of its ancestors fits";
}

function judge(
  rule: Rule,
  one: SelectionExplanation,
  entry: StateEntry | null,
  isLive: boolean,
): Pick<RuleVerdict, "verdict" | "why"> {
  if (!one.fits) return { verdict: "does_not_fit", why: whyNot(one) };
  if (entry !== null) {
    if (entry.acting) return { verdict: "acting", why: "it is being acted on" };
    if (entry.deadline_ns !== null) {
      const left = Number(BigInt(entry.deadline_ns) - process.hrtime.bigint()) / 1e9;
      return { verdict: "waits", why: left < 0 ? "it is due" : `it is due in ${formatSeconds(left)}` };
    }
    if (entry.last_outcome !== null) return { verdict: "done", why: `${entry.last_outcome}: ${entry.last_reason}` };
    return { verdict: "waits", why: "its condition does not hold yet" };
  }
  if (rule.select.enrolment === "required")
    return { verdict: "not_enrolled", why: "it has not enrolled, as far as is known" };
  return {
    verdict: "would_have",
    why: isLive ? "the running policy does not have it: it ran before, or other rules run" : "no policy runs",
  };
}

/**
 * Says of every rule why it has a process or not, now.
 * @param source null: the rules of the policy that runs or ran last, and where none did those of `plain`
 * @param plain what a policy would be without a file
 * @param statePath of the policy that may run
 * @throws CorralError PROCESS_GONE; CONFIG when the rules have mistakes
 */
export function explainProcess(
  { source, plain }: { readonly source: RuleSource | null; readonly plain: RuleSource },
  pid: number,
  statePath: string,
): ProcessVerdict {
  const last = readState(statePath);
  // One that died says nothing of now but its rules.
  const state = last !== null && isLiving(last) ? last : null;
  const chosen = chooseRules(source, last, state !== null, plain);
  const rules = rulesOf(chosen.source);
  const processes = processesNow(needsOf(rules), () => null);
  const explained = explainSelection(rules, processes, pid);
  const own = processes.find(({ process }) => process.tgid === pid)?.process;
  if (explained === null || own === undefined)
    throw new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: String(pid) });
  const entryFor = (name: string): StateEntry | null =>
    state?.entries.find(
      (one) => one.rule === name && one.pid === pid && one.start_ticks === own.identity?.startTicks,
    ) ?? null;
  return {
    schema: "corral.policy-explain/1",
    pid,
    comm: own.program?.comm ?? null,
    policy: state?.pid ?? null,
    rules_of: chosen.of,
    ended_policy: chosen.of === "ended" ? (last?.pid ?? null) : null,
    rules: explained.map(({ rule, ...one }): RuleVerdict => {
      const entry = entryFor(rule.name);
      return {
        rule: rule.name,
        ...judge(rule, { rule, ...one }, entry, state !== null),
        when: describeCondition(rule.when),
        action: rule.action.do,
        match: one.match,
        except: one.except,
        ancestor: one.ancestor,
        enrolment: rule.select.enrolment,
        last_outcome: entry?.last_outcome ?? null,
        last_reason: entry?.last_reason ?? null,
      };
    }),
  };
}
