import type {
  ExecEvent,
  FeedItem,
  FeedOrigin,
  LiveFeed,
  MonitorLine,
  RefusedSource,
  SourceName,
} from "../../events/index.ts";
import { EventMonitor, groupsMost, openLiveFeed } from "../../events/index.ts";
import type { ExecMover, ProcessIdentity } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";

export interface LifecycleOptions {
  /** Path of the root group: only what happens in it and below is told; null: everything. */
  readonly group: string | null;
  readonly opens: boolean;
  /** Whether somebody waits for what an exec tells. */
  readonly isUrgent: () => boolean;
  readonly onOrigin: (origin: FeedOrigin) => void;
  readonly onLine: (line: MonitorLine) => void;
  /** @param group path of the group that the process was in; null: not known */
  readonly onExec: (event: ExecEvent, group: string | null) => void;
  /** A group has come to be known, by its number and its path. */
  readonly onGroup: (id: bigint, path: string) => void;
  /** Events were lost: who they told of must be looked for. */
  readonly onLoss: () => void;
  /** There are no more events. */
  readonly onEnd: (reason: string) => void;
}

const foldNs = 60_000_000_000n;
const tracesPerSec = 30;
/**
 * How late an event may be told that nobody waits for: a short job is over by then, and what its fork, execs and ends cost comes after it
 * instead of in between.
 */
const leisureMs = 20;

/** The processes of this host as they come and go: told as `corral events` does, and to placement. */
export class LifecycleFeed {
  readonly #options: LifecycleOptions;
  readonly #groups = new Map<bigint, string>();
  #feed: LiveFeed | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  get source(): SourceName | null {
    return this.#feed?.origin.source ?? null;
  }

  get refused(): readonly RefusedSource[] {
    return this.#feed?.origin.refused ?? [];
  }

  /** @throws CorralError as openLiveFeed does */
  async open(): Promise<void> {
    const { opens, isUrgent, onOrigin } = this.#options;
    this.#feed = await openLiveFeed({ prefer: "auto", opens, leisureMs: () => (isUrgent() ? 0 : leisureMs) });
    onOrigin(this.#feed.origin);
    this.#ended = this.#run(this.#feed);
  }

  async #run(feed: LiveFeed): Promise<void> {
    const { group, opens, onLine, onEnd } = this.#options;
    const options = {
      mode: 0,
      select: null,
      uids: [],
      exes: [],
      cgroup: group,
      minDurationNs: 0n,
      forks: true,
      opens,
      readline: false,
      openWindowNs: foldNs,
      tracesPerSec,
    } as const;
    const monitor = new EventMonitor(options, feed.origin, onLine);
    try {
      const endNs = await feed.run(
        (item) => {
          this.#place(item);
          monitor.take(item);
        },
        () => monitor.isWaiting,
      );
      monitor.finish(endNs);
    } catch (thrown) {
      onEnd(CorralError.from(thrown).message);
    }
  }

  /** Before anything is told: a process that is to be placed must not wait for the telling. */
  #place(item: FeedItem): void {
    if (item.kind === "exec") this.#options.onExec(item, this.#groupOf(item));
    else if (item.kind === "group") this.#noteGroup(item.id, item.path);
    else if (item.kind === "loss") this.#options.onLoss();
  }

  /** A group has its id and its path for as long as it lives, and no other group has that id ever (kernfs, 64 bits). */
  #noteGroup(id: bigint, path: string): void {
    if (this.#groups.size >= groupsMost) this.#groups.clear();
    this.#groups.set(id, path);
    this.#options.onGroup(id, path);
  }

  #groupOf({ cgroupId }: ExecEvent): string | null {
    return cgroupId === null ? null : (this.#groups.get(cgroupId) ?? null);
  }

  /** Whether a process whose exec was told still runs; null: /proc must be asked. */
  stillRuns(identity: ProcessIdentity): boolean | null {
    return this.#feed?.stillRuns(identity) ?? null;
  }

  /** As LiveFeed has it; null also while it is not open. */
  get mover(): ExecMover | null {
    return this.#feed?.mover ?? null;
  }

  /** Runs while the source moves nobody. */
  during<T>(act: () => T): T {
    return this.mover === null ? act() : this.mover.during(act);
  }

  async close(): Promise<void> {
    await this.#feed?.stop();
    await this.#ended;
  }
}
