/** One call of a tool by a model. */
export interface McpCall {
  readonly arguments: unknown;
  /** Aborted when the model's side cancels the call or goes away. */
  readonly signal: AbortSignal;
  /** Tells how far it is, for people; null: nobody wants to know. */
  readonly onProgress: ((seconds: number, message: string) => void) | null;
}

/** What a tool answers. */
export interface McpAnswer {
  /** For the model. */
  readonly text: string;
  /** The same for programs; fits the tool's `outputSchema`. */
  readonly structured: Readonly<Record<string, unknown>> | null;
  readonly isError: boolean;
}

/** A tool of the Model Context Protocol, whatever carries it. Schemas are JSON Schema 2020-12. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [key: string]: unknown };
  readonly outputSchema: { readonly type: "object"; readonly [key: string]: unknown };
  readonly readOnly: boolean;
  /** @throws CorralError for what cannot be done */
  readonly call: (call: McpCall) => Promise<McpAnswer>;
}

/** Where calls go to. */
export interface McpTarget {
  /** The guard's socket; null: where it is by default. */
  readonly socket: string | null;
  /** Null: the session in whose groups this process is. */
  readonly session: string | null;
}
