/** How an attempt of a rule on a process ended. */
export const outcomes = {
  applied: "the action was done and its effect was seen, or there is none to be seen",
  applied_no_gain: "the action was done, and nothing was gained by it",
  partial: "only a part of it was done",
  rejected: "the kernel or this host refused it for what it is",
  nacked: "the workload refused",
  timeout: "the workload did not answer in time",
  exited_before: "the process ended before the action",
  superseded: "the process executed another program before the action",
  not_enrolled: "the rule needs an enrolled workload, and the process had not enrolled by the deadline",
  enroll_late: "the process enrolled after the deadline",
  suppressed: "a limit of the rule held it back: rate, cooldown, in-flight cap or circuit breaker",
  error: "the action failed; the reason names the errno",
  dry_run: "it would have been done",
  degraded: "events were lost, so that whether to act was not certain",
} as const;

export type Outcome = keyof typeof outcomes;
