import * as v from "valibot";
import type { MatchKey } from "../../kernel/match/index.ts";
import { matchEntries } from "../../kernel/match/index.ts";
import { checked, described, expects, section, text, wholeNumber, written } from "../../report/config/index.ts";
import { isPlainName, plainNameRule } from "../../report/index.ts";
import { lookUpUser } from "../../run/index.ts";
import { warmMovesWords } from "../../run/moves/index.ts";
import { limitsSection } from "../../run/settings/file/index.ts";
import { durationMs, parseSetting } from "../../run/settings/index.ts";
import { cpuSection } from "./cpu-settings.ts";
import { memorySettings } from "./memory-schema.ts";
import { sessionClassNames } from "./session-class.ts";
import { backgroundPolicies, callDefaults, groupSettings } from "./session-settings.ts";
import { ttlMs } from "./time-to-live.ts";

/*
 * The file of `corral guard` as it is written, and the parts of it that clients send. Every value is judged here, each for
 * itself. The descriptions go to schemas/guard-config.schema.json, for editors.
 */

const duration = written("a duration such as 10s", durationMs);
const timeToLive = written("a duration such as 2h, or never", (value) => ttlMs(value) ?? 1);
const absolute = v.pipe(text, v.startsWith("/", expects("an absolute path")));

export const plainName = v.pipe(
  text,
  v.check(isPlainName, (issue) => expects(plainNameRule)(issue)),
);

/** A session is the name of a directory, and must not look like a flag or a hidden file. */
export const sessionName = v.pipe(
  text,
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,63}$/, expects("1 to 64 of A-Z a-z 0-9 _ . @ : -, not a dot or dash first")),
);

export const classChoice = v.picklist(sessionClassNames, expects(`one of ${sessionClassNames.join(", ")}`));
export const groupLimits = limitsSection(groupSettings);

const whose = {
  user: v.exactOptional(described(v.pipe(text, checked<string>(lookUpUser)), "Name of the user.")),
  uid: v.exactOptional(described(wholeNumber("a user id, a whole number", 0, 2 ** 32 - 2), "Id of the user.")),
};

const ceilings = section({
  memory: v.exactOptional(
    described(
      written("a size such as 2G", (size) => parseSetting("memory-max", size)),
      "Most memory of a call.",
    ),
  ),
  cpu: v.exactOptional(described(wholeNumber("percent of one CPU", 1, 1_000_000), "Most CPU time of a call.")),
  pids: v.exactOptional(described(wholeNumber("a number of processes", 1, 4_194_304), "Most processes of a call.")),
});

/** How tool calls are kept. */
export const toolSettings = section({
  limits: v.exactOptional(described(groupLimits, "Limits of a call whose hint does not say otherwise.")),
  ceilings: v.exactOptional(described(ceilings, "What no hint goes beyond.")),
  background: v.exactOptional(
    described(
      v.picklist(backgroundPolicies, expects(`one of ${backgroundPolicies.join(", ")}`)),
      "What becomes of processes that a call leaves behind: kill (default), wait, or adopt.",
    ),
  ),
  wait: v.exactOptional(described(duration, "How long wait waits before it kills. Default 5s.")),
  time: v.exactOptional(described(duration, "A call that runs longer is killed. Default: never.")),
  most_calls: v.exactOptional(described(wholeNumber("a number of calls", 1, 4096), "Calls at a time. Default 64.")),
  defaults: v.exactOptional(
    described(
      v.picklist(callDefaults, expects(`one of ${callDefaults.join(", ")}`)),
      "What a call has that says nothing of its memory: none (default), or learn: memory.high of what its kind usually needs.",
    ),
  ),
});

/** What a session is, without its name: in a file and from a client. */
export const sessionEntries = {
  class: v.exactOptional(described(classChoice, "How much it matters beside others. Default normal.")),
  limits: v.exactOptional(described(groupLimits, "Limits of the session as a whole.")),
  tools: v.exactOptional(described(toolSettings, "How its tool calls are kept.")),
  ttl: v.exactOptional(
    described(timeToLive, "It is removed with its processes when it has not been changed for so long. Default never."),
  ),
};

const session = section({
  name: described(sessionName, "Unique name of the session; the name of its group."),
  ...whose,
  ...sessionEntries,
});

const tenant = section({
  ...whose,
  class: v.exactOptional(
    described(
      classChoice,
      "The best class that its sessions may have, and theirs unless they name one where it is below normal. Default normal.",
    ),
  ),
  most_sessions: v.exactOptional(
    described(wholeNumber("a number of sessions", 1, 1000), "Sessions at a time. Default 4."),
  ),
  ceilings: v.exactOptional(described(groupLimits, "What each of its sessions stays within.")),
});

/** Keys that a process cannot make up for itself: the program's file, the user, the group, the parent's program. */
export const groundedKeys = ["exe", "user", "uid", "cgroup", "parent"] as const satisfies readonly MatchKey[];

const isGrounded = (match: Readonly<Record<string, unknown>>): boolean =>
  groundedKeys.some((key) => match[key] !== undefined && (key !== "parent" || everyIsPath(match[key])));

/** A parent's name is self-chosen too; its program's path is not. */
const everyIsPath = (value: unknown): boolean =>
  (Array.isArray(value) ? value : [value]).every((one) => typeof one === "string" && one.includes("/"));

const match = v.pipe(
  section(matchEntries),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isGrounded(dataset.value)) return;
    addIssue({
      message: `needs one of ${groundedKeys.join(", ")} (a parent by its path): names and arguments are chosen by the process itself`,
    });
  }),
);

const placement = section({
  name: described(plainName, "Unique name of the rule."),
  session: described(sessionName, "Where its processes go."),
  match: described(match, "All of these keys must hold; of several values of a key, one."),
  except: v.exactOptional(
    described(v.array(section(matchEntries), expects("a list of exceptions")), "Processes that are left alone."),
  ),
});

/** `version: 1` of the file of `corral guard`. */
export const guardConfigSchema = section({
  version: described(v.literal(1, expects("1, the version of this format")), "Version of the format."),
  cgroup_root: v.exactOptional(described(absolute, "Directory of the root group. Default /sys/fs/cgroup/agentcg.")),
  socket: v.exactOptional(described(absolute, "Socket that clients connect to. Default /run/corral-guard/guard.sock.")),
  listen: v.exactOptional(
    described(text, "ADDRESS:PORT or unix:/PATH that serves /metrics and /healthz. Default: none."),
  ),
  tool_log: v.exactOptional(
    described(absolute, "File that gets one JSON line per tool call, mode 0600. Default: none."),
  ),
  freeze_most: v.exactOptional(described(duration, "A freeze that nobody ends is ended after this. Default 10m.")),
  cpu: v.exactOptional(described(cpuSection, "How sessions share the CPUs.")),
  warm_moves: v.exactOptional(
    described(
      v.picklist(warmMovesWords, expects("auto, always or never")),
      "Whether the kernel's lock on moves between groups is kept warm, so that they take microseconds instead of milliseconds: while that pays, always, or never. Default auto.",
    ),
  ),
  memory: v.exactOptional(described(memorySettings, "How memory is protected beyond limits.")),
  tools: v.exactOptional(described(toolSettings, "How tool calls are kept in sessions that do not say otherwise.")),
  sessions: v.exactOptional(
    described(v.array(session, expects("a list of sessions")), "Sessions beside session_high and session_low."),
  ),
  tenants: v.exactOptional(
    described(v.array(tenant, expects("a list of tenants")), "Users who may make sessions of their own."),
  ),
  placement: v.exactOptional(
    described(v.array(placement, expects("a list of rules")), "Tried in order; the first that fits has the process."),
  ),
});

export type RawGuardConfig = v.InferOutput<typeof guardConfigSchema>;
export type RawSession = NonNullable<RawGuardConfig["sessions"]>[number];
export type RawTools = v.InferOutput<typeof toolSettings>;
export type RawTenant = NonNullable<RawGuardConfig["tenants"]>[number];
export type RawPlacement = NonNullable<RawGuardConfig["placement"]>[number];
