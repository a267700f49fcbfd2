import { describe, expect, test } from "vitest";
import type { AgentSaying } from "../model/index.ts";
import { controllerLimits, noReport, noWork } from "../model/index.ts";
import { AgentLink } from "./agent-link.ts";
import { Census } from "./census.ts";
import { expectations } from "./expectations.ts";
import type { FailureCause } from "./failure.ts";
import type { LinkState } from "./link.ts";
import { linkStates, newLink } from "./link.ts";
import { RunOutput } from "./run-output.ts";

/** A message of each kind. */
const sayings: { readonly [K in AgentSaying["kind"]]: Extract<AgentSaying, { kind: K }> } = {
  ready: { kind: "ready", atNs: 5n },
  preparing: { kind: "preparing", done: 1n, total: null },
  running: { kind: "running", ...noReport, actualStartNs: 5n, elapsedMs: 0 },
  completed: { kind: "completed", ...noWork, actualStartNs: 5n, result: "{}" },
  error: { kind: "error", cause: "workload_failed", message: "an error", result: "", rest: null },
  aborted: { kind: "aborted", reason: "enough", rest: null },
  pong: { kind: "pong", id: 7n, receivedNs: 5n, sentNs: 5n },
};

/** What becomes of an agent that is in this state and says this. */
function hear(state: LinkState, saying: AgentSaying) {
  const link = { ...newLink({ agentId: "a", config: "", pathPrefix: "", index: 0, count: 1 }, 0), state, isOpen: true };
  link.asked.set(7n, 1n);
  const [output, causes]: [RunOutput, FailureCause[]] = [new RunOutput(), []];
  const agent = new AgentLink({
    link,
    limits: controllerLimits,
    output,
    census: new Census(1),
    world: { nowMs: () => 0, wallNs: () => 9n },
    owner: { failed: (_, cause) => void causes.push(cause), waitedForOthers: () => {} },
  });
  agent.read({ ...saying, sequence: 1n });
  const warnings = output.take().flatMap((one) => (one.kind === "warn" ? [one.text] : []));
  return { link, causes, warnings };
}

describe("every message in every state", () => {
  for (const state of linkStates)
    for (const saying of Object.values(sayings)) {
      const { kind } = saying;
      const reading = expectations[state][kind];
      test(`${kind} while ${state}: ${reading}`, () => {
        const { link, causes, warnings } = hear(state, saying);
        const after: Readonly<Record<typeof reading, LinkState>> = {
          take: "ready",
          count: "collecting",
          end: kind === "completed" ? "completed" : "failed",
          illegal: "failed",
          note: state,
          pong: state,
          ignore: state,
        };
        const illegal = reading === "illegal" ? "protocol" : null;
        const told = { error: "workload_failed", aborted: "aborted" } as const;
        const own = reading === "end" && kind in told ? told[kind as keyof typeof told] : null;
        expect(link.state).toBe(after[reading]);
        expect(causes).toEqual([illegal, own].filter((cause) => cause !== null));
        expect(warnings).toEqual(reading === "ignore" ? [`${kind} is ignored: it is ${state}`] : []);
      });
    }
});
