import * as v from "valibot";
import type { Limits } from "../../cgroup/index.ts";
import type { ConfigIssue } from "../../report/config/index.ts";
import { described, judgeValues, section, wholeNumber, yamlAdvice } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import { sessionEntries, sessionName } from "./config-schema.ts";
import type { CreateRequest, SessionRequest } from "./documents.ts";
import { resolveLimits, resolveTools } from "./resolve-settings.ts";
import type { SessionClass } from "./session-class.ts";
import { lowerClass } from "./session-class.ts";
import type { SessionSpec, ToolSettings } from "./session-settings.ts";
import { sessionLimits } from "./session-settings.ts";
import { ttlMs } from "./time-to-live.ts";

const changeSchema = section(sessionEntries);
const createSchema = section({
  name: described(sessionName, "Name of the session."),
  owner: v.exactOptional(described(wholeNumber("a user id", 0, 2 ** 32 - 2), "Its tenant.")),
  ...sessionEntries,
});

function refuseIssues(issues: readonly ConfigIssue[]): void {
  const [first] = issues;
  if (first === undefined) return;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  // Requests are JSON, not the file.
  const message = first.message.replace(/^the file /, "the request ").replace(yamlAdvice, "");
  throw new CorralError("USAGE", `${message}${more}`, {
    object: first.path.join("."),
  });
}

/** @throws CorralError USAGE when a request does not fit its schema */
export function judgeRequest(schema: v.GenericSchema, body: unknown): unknown {
  refuseIssues(judgeValues(schema, body));
  return body;
}

/** Judges what a client says of a session that it makes. @throws CorralError USAGE */
export const toCreateRequest = (body: unknown): CreateRequest => judgeRequest(createSchema, body) as CreateRequest;

/** Judges what a client says of a session that it changes. @throws CorralError USAGE */
export const toSessionRequest = (body: unknown): SessionRequest => judgeRequest(changeSchema, body) as SessionRequest;

/** Whose session it is, and what it has where the request says nothing. */
export interface SessionBase {
  readonly owner: number;
  readonly tools: ToolSettings;
  /** The ceilings of its tenant; empty for who runs the host. */
  readonly limits: Limits;
  /** The best class of its tenant; null for who runs the host. */
  readonly best: SessionClass | null;
}

/** The session that a client wishes for. @throws CorralError USAGE */
export function toNewSession(request: CreateRequest, { owner, tools, limits, best }: SessionBase): SessionSpec {
  // The weight is the class's.
  const { cpuWeight: _weight, ...standard } = limits;
  const issues: ConfigIssue[] = [];
  const refuse = (issue: ConfigIssue): void => void issues.push(issue);
  // Nobody is refused what he did not ask for.
  const sessionClass = request.class ?? (best === null ? "normal" : lowerClass("normal", best));
  const spec: SessionSpec = {
    name: request.name,
    class: sessionClass,
    owner,
    limits: sessionLimits(sessionClass, {
      ...standard,
      ...resolveLimits(request.limits, ["limits"], refuse),
    }),
    tools: resolveTools(request.tools, tools, ["tools"], refuse),
    ttlMs: request.ttl === undefined ? null : ttlMs(String(request.ttl)),
    origin: "client",
  };
  refuseIssues(issues);
  return spec;
}

/** A session with the changes a client wishes for; another class brings its weight, unless one is given. @throws CorralError USAGE */
export function changeSession(spec: SessionSpec, request: SessionRequest): SessionSpec {
  const issues: ConfigIssue[] = [];
  const refuse = (issue: ConfigIssue): void => void issues.push(issue);
  const sessionClass = request.class ?? spec.class;
  const { cpuWeight, ...others } = spec.limits;
  const kept = sessionClass === spec.class ? { cpuWeight } : {};
  const changed: SessionSpec = {
    ...spec,
    class: sessionClass,
    limits: sessionLimits(sessionClass, {
      ...others,
      ...kept,
      ...resolveLimits(request.limits, ["limits"], refuse),
    }),
    tools: resolveTools(request.tools, spec.tools, ["tools"], refuse),
    ttlMs: request.ttl === undefined ? spec.ttlMs : ttlMs(String(request.ttl)),
  };
  refuseIssues(issues);
  return changed;
}
