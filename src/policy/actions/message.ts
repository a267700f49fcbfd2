import type {
  Action,
  ActionContext,
  EnrolledWorkloads,
  Outcome,
  Target,
  UnenrolReason,
  WorkloadReply,
} from "../model/index.ts";
import { stopped } from "./failure.ts";
import type { Done, Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";

type Message = Extract<Action, { do: "message" }>;

const outcomeOfLoss: Readonly<Record<UnenrolReason, Outcome>> = {
  exited: "exited_before",
  superseded: "superseded",
  silent: "timeout",
  unenrolled: "error",
  closed: "error",
  protocol_error: "error",
  shutdown: "error",
};

const lossReason: Readonly<Record<UnenrolReason, string>> = {
  exited: "the workload exited before it answered",
  superseded: "the process executed another program before it answered",
  silent: "the workload fell silent",
  unenrolled: "the workload withdrew before it answered",
  closed: "the workload closed the connection before it answered",
  protocol_error: "the workload broke the protocol",
  shutdown: "the enrolment server was shut down",
};

/** Verbs that promise memory: whether any came back is looked at. */
const memoryVerbs = new Set(["compress", "trim"]);

export function doneOfReply(reply: WorkloadReply, requestedNs: bigint): Done {
  switch (reply.status) {
    case "done":
      return done("applied", "the workload did it", requestedNs, {
        acknowledgedNs: reply.atNs,
        stats: reply.stats,
        phases: reply.phases,
      });
    case "nacked":
      return done(
        "nacked",
        `the workload refused: ${reply.code}${reply.message === "" ? "" : `: ${reply.message}`}`,
        requestedNs,
        { acknowledgedNs: reply.atNs },
      );
    case "timeout":
      return done("timeout", "the workload did not answer in time", requestedNs);
    case "gone":
      return done(outcomeOfLoss[reply.why], lossReason[reply.why], requestedNs);
  }
}

/** A message to an enrolled workload. */
export function prepareMessage(
  action: Message,
  target: Target,
  context: ActionContext,
  workloads: EnrolledWorkloads | null,
): Step | Refusal {
  const enrolment = workloads?.find(target.identity) ?? null;
  if (workloads === null || enrolment === null) {
    return target.enrolment === null
      ? refuse("not_enrolled", "the process has not enrolled")
      : refuse("superseded", "the enrolment of the process has ended");
  }
  if (target.enrolment !== null && target.enrolment.token !== enrolment.token)
    return refuse("superseded", "the process has enrolled anew since it was selected");
  if (!enrolment.verbs.includes(action.verb))
    return refuse("rejected", `the workload does not know the verb ${JSON.stringify(action.verb)}`);
  return {
    plan: `send ${JSON.stringify(action.verb)} to the workload`,
    affected: null,
    gain: memoryVerbs.has(action.verb) ? "pss" : null,
    async run() {
      const requestedNs = nowNs();
      const expiresNs = requestedNs + BigInt(Math.round(context.ackTimeoutMs * 1e6));
      const request = { requestId: context.requestId, verb: action.verb, params: action.params, expiresNs };
      try {
        return doneOfReply(await workloads.request(enrolment, request, context.signal ?? undefined), requestedNs);
      } catch (thrown) {
        if (context.signal?.aborted === true) return stopped(requestedNs);
        throw thrown;
      }
    },
  };
}
