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

const stageNames = ["first", "second", "third"];
/** The stage that an agent is in, or prepares: its last, unless it says that another follows. */
const stageOf = (kind: AgentSaying["kind"]): number => (kind === "stage_done" ? 1 : 2);

/** A message of each kind. */
const sayings: { readonly [K in AgentSaying["kind"]]: Extract<AgentSaying, { kind: K }> } = {
  ready: { kind: "ready", atNs: 5n },
  preparing: { kind: "preparing", done: 1n, total: null },
  running: { kind: "running", ...noReport, actualStartNs: 5n, elapsedMs: 0 },
  stage_done: { kind: "stage_done", ...noWork, stage: 1, actualStartNs: 5n, result: "{}" },
  arrived: { kind: "arrived", stage: 2, atNs: 5n },
  completed: { kind: "completed", ...noWork, actualStartNs: 5n, result: "{}" },
  error: { kind: "error", cause: "workload_failed", message: "an error", result: "", rest: null },
  aborted: { kind: "aborted", reason: "enough", rest: null },
  pong: { kind: "pong", id: 7n, receivedNs: 5n, sentNs: 5n },
};

/** What becomes of an agent that is in this state and says this; it waits for others where it says so alone. */
function hear(state: LinkState, saying: AgentSaying, barrier = saying.kind === "arrived") {
  const assignment = { agentId: "a", config: "", pathPrefix: "", index: 0, count: 1 };
  const link = { ...newLink(assignment, 0), state, stage: stageOf(saying.kind), isOpen: true };
  link.asked.set(7n, 1n);
  const [output, causes]: [RunOutput, FailureCause[]] = [new RunOutput(), []];
  const agent = new AgentLink({
    link,
    limits: controllerLimits,
    stages: stageNames.map((name) => ({ name, barrier })),
    output,
    census: new Census(1),
    world: { nowMs: () => 0, wallNs: () => 9n },
    owner: { failed: (_, cause) => void causes.push(cause), waitedForOthers: () => {} },
  });
  agent.read({ ...saying, sequence: 1n });
  const effects = output.take();
  const warnings = effects.flatMap((one) => (one.kind === "warn" ? [one.text] : []));
  const reports = effects.flatMap((one) => (one.kind === "report" ? [one.report] : []));
  return { link, causes, warnings, reports };
}

describe("every message in every state", () => {
  for (const state of linkStates)
    for (const saying of Object.values(sayings)) {
      const { kind } = saying;
      const reading = expectations[state][kind];
      test(`${kind} while ${state}: ${reading}`, () => {
        const { link, causes, warnings } = hear(state, saying);
        const after: Readonly<Record<typeof reading, LinkState>> = {
          take: kind === "arrived" ? "arrived" : "ready",
          count: "collecting",
          stage: "between",
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

describe("the rest that a last word brings", () => {
  const rest = { ...noReport, actualStartNs: 5n, elapsedMs: 7 };
  const failed = { ...sayings.error, rest };
  const aborted = { ...sayings.aborted, rest };

  test.each(["start_sent", "collecting"] as const)("is counted while %s", (state) => {
    for (const saying of [failed, aborted]) expect(hear(state, saying, true).reports).toMatchObject([rest]);
  });

  test("is counted of a stage that waits for nobody, and not of one whose barrier was still ahead", () => {
    expect(hear("between", failed, false)).toMatchObject({ reports: [rest], causes: ["workload_failed"] });
    expect(hear("between", failed, true)).toMatchObject({ reports: [], causes: ["workload_failed"] });
  });
});
