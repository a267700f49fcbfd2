import type { AgentMessage, ControlMessage } from "../model/index.ts";
import type { PingReply, StatusReply } from "./agent-side.ts";
import type { FleetStream, StreamListener } from "./stream.ts";

/**
 * A controller's way to agents. `target` is `host:port` where agents listen, and an agent's name where they come by
 * themselves: then opening waits until it is there.
 *
 * None of these has a time limit of its own: give the stream up with `cut`, and the others with the signal.
 */
export interface AgentDialer extends AsyncDisposable {
  /**
   * Opens a stream. Ends with FLEET_UNREACHABLE (nobody there, no certificate that we trust, or it still cleans up after
   * its last run), FLEET_DENIED (it does not trust us), FLEET_BUSY (it has another run), FLEET_LOST (once it was open),
   * FLEET_MESSAGE (a message was too large).
   */
  open(target: string, listener: StreamListener<AgentMessage>): FleetStream<ControlMessage>;
  /** @throws CorralError FLEET_UNREACHABLE, FLEET_DENIED, ABORTED */
  ping(target: string, signal?: AbortSignal): Promise<PingReply>;
  /** @throws CorralError FLEET_UNREACHABLE, FLEET_DENIED, ABORTED */
  status(target: string, signal?: AbortSignal): Promise<StatusReply>;
}

/** An agent that has come to its controller by itself and waits for a run. */
export interface WaitingAgent {
  readonly name: string;
  readonly peer: string;
  readonly version: string;
  readonly capabilities: readonly string[];
}

/** Where agents come to that cannot be reached. `open` takes one of them by its name; it comes again after its run. */
export interface AgentGate extends AgentDialer {
  /** Where it listens, with the port that the kernel has chosen. */
  readonly address: string;
  /** Those that wait now, by name. */
  waiting(): readonly WaitingAgent[];
  /** Settles when so many wait. @throws CorralError ABORTED */
  whenWaiting(count: number, signal?: AbortSignal): Promise<readonly WaitingAgent[]>;
}
