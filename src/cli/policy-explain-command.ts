import { serverSocketPath } from "../policy/enrolment/index.ts";
import { readRuleFile } from "../policy/rules/index.ts";
import type { ProcessVerdict, RuleVerdict } from "../policy/session/index.ts";
import { explainProcess } from "../policy/session/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, parseNumberIn, quote } from "../report/index.ts";
import { stateDirectories } from "../run/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { keyLine } from "./match-lines.ts";
import { writeText } from "./output.ts";
import type { policyExplainFlags } from "./policy-flags.ts";
import { statePathOf } from "./policy-run-command.ts";

/** What `corral policy run` without flags would do. */
const plain = { kind: "classic", delayNs: 10_000_000_000n, dryRun: false } as const;

/**
 * `corral policy explain PID`: says of every rule why it has a process or not.
 * @returns 0; 2 when the rules have mistakes
 * @throws CorralError USAGE, CONFIG, PROCESS_GONE
 */
export async function policyExplainCommand(
  flags: RawFlags<typeof policyExplainFlags>,
  args: readonly string[],
): Promise<number> {
  const pid = pidOf(args);
  const uid = process.getuid?.() ?? 0;
  const socket = flags["sock-path"] ?? serverSocketPath(process.env, uid);
  try {
    const source = flags.rules === undefined ? null : readRuleFile(flags.rules, false);
    const verdict = explainProcess(
      { source, plain },
      pid,
      statePathOf(stateDirectories(process.env, uid).runtime, socket),
    );
    writeText(1, flags.json === true ? `${JSON.stringify(verdict, null, 2)}\n` : textOf(verdict));
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

function pidOf(args: readonly string[]): number {
  const usage = (message: string): CorralError =>
    new CorralError("USAGE", `policy explain ${message}`, { fix: "corral policy explain PID" });
  const [text = "", ...more] = args;
  if (args.length === 0 || more.length > 0) throw usage("takes one process id");
  try {
    return parseNumberIn(text, 1, 4_194_304, { integer: true });
  } catch (thrown) {
    throw usage(thrown instanceof RangeError ? thrown.message : String(thrown));
  }
}

const verdicts: Readonly<Record<RuleVerdict["verdict"], string>> = {
  does_not_fit: "does not have it",
  not_enrolled: "would have it once it has enrolled",
  would_have: "would have it",
  waits: "has it and waits",
  acting: "has it and acts",
  done: "has it and has acted",
};

function ruleLines({ rule, verdict, why, when, action, match, except, ancestor }: RuleVerdict): readonly string[] {
  const found = ancestor?.pid == null ? "none fits" : `${ancestor.pid} (${quote(ancestor.comm ?? "")})`;
  return [
    `rule ${rule} ${verdicts[verdict]}: ${why}`,
    `  ${action} as soon as ${when}`,
    ...match.map((key) => `  match   ${keyLine(key)}`),
    ...except.flatMap(({ keys }) => keys.map((key, at) => `  ${at === 0 ? "except" : "   and"}  ${keyLine(key)}`)),
    ...(ancestor === null ? [] : [`  ancestor: ${found}`]),
  ];
}

const ofWhom = ({ rules_of, ended_policy }: ProcessVerdict): string =>
  ({
    file: "",
    running: "",
    ended: `; by the rules of the last one, process ${ended_policy}, which has ended`,
    plain: "; by what corral policy run does without flags",
  })[rules_of];

function textOf(verdict: ProcessVerdict): string {
  const { pid, comm, policy, rules } = verdict;
  const runs = policy === null ? "no policy runs at this socket" : `the policy that runs is process ${policy}`;
  const who = `${runs}${ofWhom(verdict)}`;
  return `${[`process ${pid}${comm === null ? "" : ` (${quote(comm)})`}; ${who}`, ...rules.flatMap(ruleLines)].join("\n")}\n`;
}
