import type { Ops } from "../model/index.ts";
import type { Context } from "./context.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { ResolvedOpDetails } from "./resolved-op.ts";
import type { ResolvedScheduler } from "./resolved-scheduler.ts";
import { resolveScheduler } from "./schedulers.ts";

type Started = { readonly scheduler: ResolvedScheduler };

const started = ({ scheduler }: Ops["attachScheduler"], place: Place, { rehearsal }: Context): Started => ({
  scheduler: resolveScheduler(scheduler, new Set(rehearsal.groups.keys()), place.at("scheduler")),
});

/** Whether one runs that can be ended; what is wrong is told at the place. */
function needsOne({ rehearsal }: Context, place: Place): boolean {
  if (rehearsal.hasScheduler) return true;
  place.refuse(refuse("no scheduler runs at this point", "attach one before"));
  return false;
}

function attach(op: Ops["attachScheduler"], place: Place, context: Context): Started {
  const { rehearsal } = context;
  if (rehearsal.hasScheduler)
    place.refuse(refuse("a scheduler runs at this point, and the kernel takes only one", "use replace_scheduler"));
  rehearsal.hasScheduler = true;
  return started(op, place, context);
}

function replace(op: Ops["replaceScheduler"], place: Place, context: Context): Started {
  needsOne(context, place);
  return started(op, place, context);
}

function detach(_: object, place: Place, context: Context): ResolvedOpDetails["detach_scheduler"] {
  needsOne(context, place);
  context.rehearsal.hasScheduler = false;
  return {};
}

function restart(_: object, place: Place, context: Context): Started | null {
  needsOne(context, place);
  return context.scheduler === null
    ? place.refuse(
        refuse(
          "restart_scheduler starts the scenario's own scheduler, and it has none",
          "add scheduler to the scenario",
        ),
      )
    : { scheduler: context.scheduler };
}

/** Ops on the CPU scheduler, by the keys they have in a program. */
export const schedulerOps = {
  attachScheduler: attach,
  replaceScheduler: replace,
  detach_scheduler: detach,
  restart_scheduler: restart,
} as const;
