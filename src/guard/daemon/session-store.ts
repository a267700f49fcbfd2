import { join } from "node:path";
import type { SessionSpec } from "../model/index.ts";
import type { GroupMemory } from "../tree/index.ts";
import { StateFile } from "./state-file.ts";

/** What a later daemon must know of one session. */
export interface StoredSession {
  readonly spec: SessionSpec;
  readonly memory: GroupMemory;
}

/** `corral.guard-state/1`, without its frame. */
export interface Stored {
  readonly root_made: boolean;
  readonly sessions: readonly StoredSession[];
}

/** The file in which sessions outlive their daemon, until the next boot. */
export class SessionStore extends StateFile<Stored> {
  /** @param root directory of the root group */
  constructor(directory: string, root: string) {
    super({
      path: join(directory, "sessions.json"),
      schema: "corral.guard-state/1",
      root,
      untilBoot: true,
      what: "the guard's sessions",
    });
  }
}
