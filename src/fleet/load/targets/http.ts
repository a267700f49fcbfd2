import { Agent, request } from "node:http";
import type { LoadOperation, LoadTarget } from "../target.ts";

const defaultTimeoutMs = 10_000;

export interface HttpOptions {
  readonly url: string;
  /** For one answer. */
  readonly timeout?: number;
}

const methods: Readonly<Record<LoadOperation, string>> = { get: "GET", put: "PUT", stat: "HEAD", delete: "DELETE" };

/** Asks a server, on connections that are kept. An answer of 400 or more is an error. */
export function httpTarget(
  { url, timeout = defaultTimeoutMs }: HttpOptions,
  operationBytes: number,
  lanes: number,
): LoadTarget {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const body = Buffer.alloc(operationBytes, "corral");
  const ask = (operation: LoadOperation): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = operation === "put" ? body : Buffer.alloc(0);
      const asked = request(url, { method: methods[operation], agent, timeout }, (answer) => {
        let bytes = sent.length;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          const { statusCode = 0 } = answer;
          if (statusCode >= 400) reject(new Error(`the server answered ${statusCode}`));
          else resolve(bytes);
        });
      });
      asked.on("timeout", () => asked.destroy(new Error(`no answer within ${timeout} ms`)));
      asked.on("error", reject);
      asked.end(sent);
    });
  return {
    prepareSteps: 1,
    /** Whether anybody is there: what counts comes later. */
    prepare: async () => {
      await ask("stat").catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        // A server that has no HEAD for it is there.
        if (!why.startsWith("the server answered")) throw new Error(`${url} does not answer: ${why}`, { cause });
      });
    },
    perform: ask,
    close: async () => agent.destroy(),
  };
}
