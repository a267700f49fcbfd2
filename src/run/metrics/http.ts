import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { CorralError } from "../../report/index.ts";
import { listenOn } from "./listen.ts";
import { defaultListen, formatListen, parseListen } from "./listen-address.ts";
import { prometheusContentType } from "./prometheus-text.ts";

export const healthStatuses = ["healthy", "degraded", "unhealthy"] as const;

/** How the serving program is; whatever else it says of itself is passed on. */
export interface Health {
  readonly status: (typeof healthStatuses)[number];
  readonly [detail: string]: unknown;
}

export interface ServeOptions {
  /** `ADDRESS:PORT` with an IP address, or `unix:/PATH`. Default 127.0.0.1:9091. */
  readonly listen?: string;
  /** The text of /metrics, made anew for each request. */
  readonly render: () => Promise<string>;
  /** What /healthz says. */
  readonly health: () => Health;
}

/** A server of metrics that runs. */
export interface MetricsServer {
  /** Where it listens, as `listen` spells it, with the port that was really taken. */
  readonly address: string;
  /** Ends every connection and frees the address. */
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const maxHeaderBytes = 8192;
const requestTimeoutMs = 10_000;
/** A scraper and a few people; what comes above waits for no place. */
const maxConnections = 64;

const plain = "text/plain; charset=utf-8";

const oneLine = (status: number, text: string): Answer => ({ status, type: plain, body: `${text}\n` });

type Pages = Readonly<Record<string, () => Promise<Answer>>>;

const pagesOf = ({ render, health }: ServeOptions): Pages => ({
  "/metrics": async () => ({ status: 200, type: prometheusContentType, body: await render() }),
  "/healthz": async () => {
    const told = health();
    const status = told.status === "unhealthy" ? 503 : 200;
    return { status, type: "application/json; charset=utf-8", body: `${JSON.stringify(told)}\n` };
  },
});

async function answer(pages: Pages, { method = "", url = "" }: IncomingMessage): Promise<Answer> {
  const path = url.split("?", 1)[0] ?? "";
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return oneLine(404, "there is /metrics and /healthz");
  if (method !== "GET" && method !== "HEAD") return oneLine(405, "only GET and HEAD are answered");
  try {
    return await page();
  } catch (thrown) {
    return oneLine(500, CorralError.from(thrown).message);
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
    // Whatever body came with the request is not waited for.
    ...(status === 200 ? {} : { connection: "close" }),
  });
  response.end(body);
}

/**
 * Serves GET /metrics (Prometheus text 0.0.4) and GET /healthz (JSON; status 503 when unhealthy).
 * @throws CorralError USAGE for an address of another form, LISTEN_FAILED when it cannot be listened on
 */
export async function serveMetrics(options: ServeOptions): Promise<MetricsServer> {
  const pages = pagesOf(options);
  const limits = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(limits, (request, response) => {
    void answer(pages, request).then((one) => send(response, one));
  });
  server.maxConnections = maxConnections;
  const address = await listenOn(server, parseListen(options.listen ?? defaultListen));
  return {
    address: formatListen(address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
