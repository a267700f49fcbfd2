import { randomBytes } from "node:crypto";
import { chown, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../../report/index.ts";
import { lookUpUser } from "../../run/index.ts";

/** A directory of a run's own: named before it is made, gone after the run. */
export class Scratch {
  readonly path = join(tmpdir(), `corral-agent-${randomBytes(8).toString("hex")}`);

  /** @throws Error with an errno; nobody else can have made it before */
  async make(user: string | null): Promise<void> {
    await mkdir(this.path, { mode: 0o700 });
    if (user === null) return;
    const { uid, gid } = lookUpUser(user);
    await chown(this.path, uid, gid);
  }

  /** @returns why something is left; null: nothing is */
  async remove(): Promise<string | null> {
    try {
      await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
      return null;
    } catch (thrown) {
      return `${this.path} could not be removed: ${errnoOf(thrown) ?? String(thrown)}`;
    }
  }
}
