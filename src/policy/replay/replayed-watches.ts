import type { Decision } from "../engine/index.ts";
import type { SignalWant } from "../model/index.ts";
import { encodePlain } from "./plain-json.ts";

const keyOf = ({ subject, metric }: SignalWant): string => encodePlain([subject, metric]);

/** Which watches of a replay are told the samples of which watches of the recorded run: those of the same measure. */
export class ReplayedWatches {
  readonly #recorded = new Map<number, string>();
  readonly #replayed = new Map<number, string>();

  onRecorded(decision: Decision): void {
    if (decision.kind === "watch") this.#recorded.set(decision.watchId, keyOf(decision.want));
  }

  onReplayed(decision: Decision): void {
    if (decision.kind === "watch") this.#replayed.set(decision.watchId, keyOf(decision.want));
    else if (decision.kind === "unwatch") this.#replayed.delete(decision.watchId);
  }

  idsFor(recordedId: number): readonly number[] {
    const key = this.#recorded.get(recordedId);
    return [...this.#replayed].flatMap(([id, other]) => (other === key ? [id] : []));
  }
}
