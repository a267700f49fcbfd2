import type { CorralError } from "../../report/index.ts";

/** What one side hears of a stream, in the order in which it happened; nothing after `ended`. */
export interface StreamListener<Heard> {
  /** For the side that has opened it: the other side has taken it. Before anything else; `ended` instead: it has not. */
  opened?(): void;
  message(message: Heard): void;
  /** Something came that is no message of this protocol; the stream goes on. */
  garbled(what: string): void;
  /** All that was said has left this process again, after `isClear` had been false. */
  cleared?(): void;
  /**
   * Nothing more comes, after all that came; once, whoever ended it, and for `close` and `cut` of this side too. Null: the
   * other side had said all it had to say. `FLEET_*` errors tell the cases apart; before `opened` they say why it was
   * not taken.
   */
  ended(error: CorralError | null): void;
}

/**
 * One side of a stream of messages: in order, none lost as long as it lives. What is said before it is open waits.
 * The listener that was given for it is never called from within one of these calls.
 */
export interface FleetStream<Said> {
  /** The other side, for logs: its address, and the name in its certificate where it has shown one. */
  readonly peer: string;
  /**
   * Whether all that was said has left this process. Who has something to say that a later message would replace, such as
   * a report of totals, waits for this: so an answer to a ping never waits behind more than one of them.
   */
  readonly isClear: boolean;
  /** Once either side has ended the stream it does nothing. @throws CorralError FLEET_MESSAGE: larger than the limit */
  send(message: Said): void;
  /**
   * Says that nothing more will be said. The other side hears all that was, and ends; who has not within `closeMs` is cut
   * off. Settles, and never rejects, when nothing of the stream is left.
   */
  close(): Promise<void>;
  /** Ends it at once, or gives up opening it; what has not been written is lost. */
  cut(why: string): void;
}
