import type { RunReport } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { StartOptions } from "../attempt.ts";
import type { StateDirectories } from "../state-dir.ts";
import type { EventFeed } from "./event-feed.ts";
import { lookNowAndThen } from "./garbage.ts";
import { directoriesOf } from "./job-terms.ts";
import type { TakeUpOptions } from "./options.ts";

interface LibraryStart extends StartOptions {
  readonly directories: StateDirectories;
}

/** The error with the report of what never ran. */
export const withReport = ({ code, message, object, found, fix, cause }: CorralError, report: RunReport): CorralError =>
  new CorralError(code, message, {
    ...(object === null ? {} : { object }),
    ...(found === null ? {} : { found }),
    ...(fix === null ? {} : { fix }),
    cause,
    report,
  });

/** What the library asks of every start. */
export function startOptions(options: TakeUpOptions, events: EventFeed): LibraryStart {
  const { signal, onWarning } = options;
  const directories = directoriesOf(options.stateDirectory);
  return {
    directories,
    lookAtAllJobs: lookNowAndThen(directories),
    onEvent: (event) => events.push(event),
    ...(onWarning === undefined ? {} : { onWarning }),
    ...(signal === undefined ? {} : { signal }),
  };
}
