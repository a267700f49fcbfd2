/**
 * policy/actions: does what a rule says to a process, to its group, or to a group by its path, and tells truthfully what
 * came of it. What may enter: the words of the model, identities, paths of groups. What it may not know: rules, selection,
 * retries, records. Each action is prepared first, which touches nothing, and then done; `dryRun` ends between the two.
 */
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isRunning } from "../../kernel/index.ts";
import type {
  Action,
  ActionContext,
  ActionDoer,
  ActionResult,
  EnrolledWorkloads,
  Measure,
  Target,
} from "../model/index.ts";
import { takeMeasure } from "./measure.ts";
import { type GroupAction, perform, prepare, prepareForGroup, type Tools } from "./perform.ts";
import { Restores } from "./restores.ts";
import { siteOfGroup, siteOfNobody, siteOfProcess } from "./site.ts";
import { Turns } from "./turns.ts";

export type { GroupAction } from "./perform.ts";

export interface ActionOptions {
  /** Who takes messages; null: nobody has enrolled. */
  readonly workloads: EnrolledWorkloads | null;
}

/** Actions with what they changed for a while, which is put back when they are closed. */
export interface Actions extends ActionDoer, AsyncDisposable {
  /**
   * Does an action to a group by its path below the mount of its hierarchy. As `perform`, it never rejects, and it leaves the
   * root group and every group that Corral is in alone.
   */
  performOnGroup(action: GroupAction, path: string, context: ActionContext): Promise<ActionResult>;
  /** Thaws what was frozen, and puts back every memory.high and weight that nobody else has changed since. Idempotent. */
  close(): void;
}

/** Memory of a process and of its group now; null when it has ended. Never throws. */
export const measureProcess = (identity: ProcessIdentity): Measure | null =>
  isRunning(identity) ? takeMeasure(siteOfProcess(identity)) : null;

/** Memory of several targets is taken back at a time, so that no more threads of libuv's pool wait in the kernel. */
const atOnce = 2;

/** Opens the actions. Close them: what they froze or throttled stays so until then, or until a helper sees this process die. */
export function openActions({ workloads }: ActionOptions): Actions {
  const tools: Tools = { workloads, restores: new Restores(), turns: new Turns(atOnce) };
  const close = (): void => tools.restores.close();
  return {
    perform: (action: Action, target: Target, context: ActionContext) => {
      // A hook about the end of a process; anything else finds that there is no process.
      const isAboutEnd = target.ended !== undefined && action.do === "exec";
      const site = isAboutEnd ? siteOfNobody() : siteOfProcess(target.identity);
      return perform(site, context, () => prepare(action, target, site, context, tools));
    },
    performOnGroup: (action, path, context) => {
      const site = siteOfGroup(path);
      return perform(site, context, () => prepareForGroup(action, site, context, tools));
    },
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
