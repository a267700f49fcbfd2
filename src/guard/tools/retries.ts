import type { ToolAttempt, ToolRequest, ToolResult } from "../model/index.ts";

/** A call that its client may run again. */
export interface GrantedRetry {
  readonly session: string;
  readonly request: ToolRequest;
  readonly memoryBytes: number;
  readonly attempts: readonly ToolAttempt[];
}

/** What a result says of another run. */
type Granting = Pick<ToolResult, "call" | "session" | "retry" | "attempts">;

/** What was granted to connections and not used yet; it goes with the connection. */
export class Retries {
  readonly #granted = new WeakMap<AbortSignal, Map<string, GrantedRetry>>();

  /** Remembers what a result has granted, if anything. */
  grant(connection: AbortSignal, request: ToolRequest, { call, session, retry, attempts }: Granting): void {
    if (retry === null) return;
    const granted = this.#granted.get(connection) ?? new Map<string, GrantedRetry>();
    granted.set(call, { session, request, memoryBytes: retry.memory_bytes, attempts });
    this.#granted.set(connection, granted);
  }

  /** Whether a connection was granted anything that it has not used. */
  holds(connection: AbortSignal): boolean {
    return (this.#granted.get(connection)?.size ?? 0) > 0;
  }

  /** Uses up what a connection was granted for a call; null: nothing. */
  take(connection: AbortSignal, call: string, session: string): GrantedRetry | null {
    const granted = this.#granted.get(connection);
    const one = granted?.get(call);
    if (one?.session !== session) return null;
    granted?.delete(call);
    return one;
  }
}
