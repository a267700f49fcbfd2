import { quote } from "../../report/index.ts";
import type { ResolvedCondition } from "../resolve/index.ts";

/** A condition for people: what is true when it holds. */
export function describeCondition(condition: ResolvedCondition): string {
  switch (condition.kind) {
    case "pressure": {
      const { cgroup, resource, share, stallUs, windowUs } = condition;
      const whose = cgroup === null ? "the host" : quote(cgroup);
      return `${share} ${resource} pressure of ${whose} is ${stallUs} us within ${windowUs} us`;
    }
    case "events":
      return `${condition.counter} of ${quote(condition.cgroup)} has grown by ${condition.by}${condition.since === "step" ? " since the step began" : ""}`;
    case "state":
      return `${quote(condition.cgroup)} is ${condition.is}`;
    case "metric": {
      const { cgroup, metric, atLeast, atMost } = condition;
      return `${metric} of ${quote(cgroup)} is ${atLeast === null ? `at most ${atMost}` : `at least ${atLeast}`}`;
    }
  }
}
