import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import type { Health, MetricsServer } from "../../src/run/metrics/index.ts";
import { openMetrics, renderPrometheus, serveMetrics } from "../../src/run/metrics/index.ts";
import { parsePrometheus } from "../shared/prometheus.ts";

const dir = mkdtempSync(path.join(tmpdir(), "corral-http-"));
after(() => rmSync(dir, { recursive: true }));

const healthy: Health = { status: "healthy" };
const nothing = { render: async () => "x 1\n", health: () => healthy };

interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
  readonly allow: string | undefined;
}

/** What `request` of node:http needs in order to reach an address. */
function targetOf(address: string): { socketPath: string } | { host: string; port: number } {
  if (address.startsWith("unix:")) return { socketPath: address.slice("unix:".length) };
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replaceAll(/[[\]]/g, ""), port: Number(address.slice(at + 1)) };
}

async function ask(address: string, page: string, method = "GET", body = ""): Promise<Answered> {
  const asked = request({ ...targetOf(address), path: page, method, agent: false });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { "content-type": type, allow } = response.headers;
  return { status: response.statusCode ?? 0, type, body: Buffer.concat(chunks).toString("utf8"), allow };
}

/** Serves for as long as `use` takes. */
async function serving(
  options: Partial<Parameters<typeof serveMetrics>[0]>,
  use: (server: MetricsServer) => Promise<void>,
): Promise<void> {
  const server = await serveMetrics({ listen: "127.0.0.1:0", ...nothing, ...options });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

const plain = "text/plain; charset=utf-8";

describe("/metrics and /healthz", () => {
  test("the metrics of a state directory are served as Prometheus reads them", async () => {
    const source = openMetrics({ runtime: path.join(dir, "run"), results: path.join(dir, "results") }, "1.2.3");
    await serving({ render: async () => renderPrometheus(await source.collect()) }, async ({ address }) => {
      const { status, type, body } = await ask(address, "/metrics");
      assert.deepEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
      assert.deepEqual(parsePrometheus(body)["corral_build_info"]?.series, {
        'corral_build_info{version="1.2.3"}': 1,
      });
    });
  });

  test("each request renders anew, and a query changes nothing", async () => {
    let asked = 0;
    const render = async (): Promise<string> => {
      asked += 1;
      return `asked ${asked}\n`;
    };
    await serving({ render }, async ({ address }) => {
      const bodies = [await ask(address, "/metrics"), await ask(address, "/metrics?x=1")].map(({ body }) => body);
      assert.deepEqual(bodies, ["asked 1\n", "asked 2\n"]);
    });
  });

  for (const [status, code] of [
    ["healthy", 200],
    ["degraded", 200],
    ["unhealthy", 503],
  ] as const) {
    test(`a program that is ${status} answers ${code}, with what it says of itself`, async () => {
      const health = (): Health => ({ status, failures: 3 });
      await serving({ health }, async ({ address }) => {
        const answered = await ask(address, "/healthz");
        assert.deepEqual(
          [answered.status, answered.type, JSON.parse(answered.body)],
          [code, "application/json; charset=utf-8", { status, failures: 3 }],
        );
      });
    });
  }

  test("HEAD is answered without a body, other methods with 405, other paths with 404", async () => {
    await serving({}, async ({ address }) => {
      const only = { status: 405, type: plain, body: "only GET and HEAD are answered\n", allow: "GET, HEAD" };
      const none = { status: 404, type: plain, body: "there is /metrics and /healthz\n", allow: undefined };
      assert.deepEqual(
        [
          (await ask(address, "/metrics", "HEAD")).body,
          await ask(address, "/metrics", "POST", "x".repeat(100_000)),
          await ask(address, "/healthz", "DELETE"),
          await ask(address, "/"),
          await ask(address, "/metrics/"),
          await ask(address, "/__proto__"),
          await ask(address, "/../../etc/passwd"),
        ],
        ["", only, only, none, none, none, none],
      );
    });
  });

  test("a text that cannot be made is a 500 with one line, and the server goes on", async () => {
    let fails = true;
    const render = async (): Promise<string> => {
      if (fails) throw new Error("the disk is gone");
      return "x 1\n";
    };
    await serving({ render }, async ({ address }) => {
      const { status, body } = await ask(address, "/metrics");
      assert.deepEqual([status, body.split("\n").length, body.includes("    at ")], [500, 2, false]);
      fails = false;
      assert.equal((await ask(address, "/metrics")).body, "x 1\n");
    });
  });

  test("headers without end are cut off", async () => {
    await serving({}, async ({ address }) => {
      const socket = connect(targetOf(address) as { host: string; port: number });
      socket.on("error", () => {});
      socket.write(`GET /metrics HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(10_000)}`);
      const chunks: Buffer[] = [];
      socket.on("data", (chunk) => chunks.push(chunk));
      await once(socket, "close");
      assert.match(Buffer.concat(chunks).toString("latin1"), /^HTTP\/1\.1 431 /);
    });
  });

  test("closing ends connections that are kept open, and frees the address", async () => {
    const server = await serveMetrics({ listen: "127.0.0.1:0", ...nothing });
    const socket = connect(targetOf(server.address) as { host: string; port: number });
    socket.on("error", () => {});
    await once(socket, "connect");
    await Promise.all([once(socket, "close"), server.close()]);
    await serving({ listen: server.address }, async (again) => assert.equal(again.address, server.address));
  });
});

describe("the address", () => {
  test("of IPv6 is told as it was given, with the port that was taken", async (t) => {
    const server = await serveMetrics({ listen: "[::1]:0", ...nothing }).catch((thrown: Error) => thrown);
    if (server instanceof Error) {
      t.skip(`no IPv6 here: ${server.message}`);
      return;
    }
    assert.match(server.address, /^\[::1\]:[1-9]\d*$/);
    assert.equal((await ask(server.address, "/metrics")).body, "x 1\n");
    await server.close();
  });

  test("that is taken is an error that names it", async () => {
    await serving({}, async ({ address }) => {
      await assert.rejects(serveMetrics({ listen: address, ...nothing }), {
        code: "LISTEN_FAILED",
        message: `cannot listen on "${address}": EADDRINUSE`,
      });
    });
  });

  test("of another form is a usage error", async () => {
    await assert.rejects(serveMetrics({ listen: "localhost:9091", ...nothing }), { code: "USAGE" });
  });
});

describe("a socket in the file system", () => {
  const socketPath = (name: string): string => path.join(dir, name);

  test("is for owner and group alone, whatever the umask is, and is gone after the end", async () => {
    const file = socketPath("mode.sock");
    const before = process.umask(0);
    await serving({ listen: `unix:${file}` }, async ({ address }) => {
      assert.equal(process.umask(), 0);
      assert.equal(lstatSync(file).mode & 0o777, 0o660);
      assert.equal((await ask(address, "/metrics")).body, "x 1\n");
    }).finally(() => process.umask(before));
    assert.equal(existsSync(file), false);
  });

  test("that a dead server left behind is replaced", async () => {
    const file = socketPath("stale.sock");
    const program = `require("node:net").createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", program]), "exit");
    assert.equal(lstatSync(file).isSocket(), true);
    await serving({ listen: `unix:${file}` }, async ({ address }) => {
      assert.equal((await ask(address, "/metrics")).body, "x 1\n");
    });
  });

  test("that a live server listens on is left to it", async () => {
    const file = socketPath("live.sock");
    const other = createServer((socket) => socket.end()).listen(file);
    await once(other, "listening");
    const { ino } = lstatSync(file);
    await assert.rejects(serveMetrics({ listen: `unix:${file}`, ...nothing }), {
      code: "LISTEN_FAILED",
      message: `cannot listen on "unix:${file}": another server listens there`,
    });
    assert.equal(lstatSync(file).ino, ino);
    other.close();
  });

  for (const [kind, make] of [
    ["a file", (file: string) => writeFileSync(file, "precious")],
    ["a link", (file: string) => symlinkSync("/dev/null", file)],
  ] as const) {
    test(`does not replace ${kind}`, async () => {
      const file = socketPath(kind.replaceAll(" ", "-"));
      make(file);
      const { ino } = lstatSync(file);
      await assert.rejects(serveMetrics({ listen: `unix:${file}`, ...nothing }), {
        code: "LISTEN_FAILED",
        message: `cannot listen on "unix:${file}": something that is no socket lies there`,
      });
      assert.equal(lstatSync(file).ino, ino);
    });
  }

  test("in a directory that is not there is an error that names it", async () => {
    const file = socketPath("none/x.sock");
    await assert.rejects(serveMetrics({ listen: `unix:${file}`, ...nothing }), (thrown: Error) => {
      assert.match(thrown.message, /^cannot listen on "unix:.*": E[A-Z]+$/);
      return true;
    });
  });
});
