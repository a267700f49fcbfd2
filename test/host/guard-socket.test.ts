/** The guard's socket, which every user may connect to: what anybody sends, and how long he keeps a place. No cgroup is needed. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import type { RpcOptions, RpcRequest } from "../../src/guard/rpc/index.ts";
import { serveRpc } from "../../src/guard/rpc/index.ts";
import { until } from "../shared/timing.ts";

const isRoot = process.getuid?.() === 0;
const otherUser = 12_345;
const roomy = { wholeMs: 60_000, idleMs: 60_000, most: 8, keptForRoot: 2, mostOfUser: 4 };

interface Served {
  readonly asked: readonly RpcRequest[];
  /** A connection of a user, and what has been said on it. @param uid null: this process's */
  open(uid?: number | null): Promise<{ socket: Socket; said: () => string }>;
}

/** A server that answers everything with the path that was asked for. */
function serve(t: TestContext, limits: RpcOptions["limits"] = roomy, holds: RpcOptions["holds"] = () => false): Served {
  const folder = mkdtempSync(join(tmpdir(), "corral-guard-socket-"));
  // Users who may not pass a directory reach no socket in it.
  chmodSync(folder, 0o755);
  const path = join(folder, "made", "guard.sock");
  const asked: RpcRequest[] = [];
  const handle = async (request: RpcRequest) => {
    asked.push(request);
    return { status: 200, document: { path: request.path } };
  };
  const server = serveRpc(path, handle, { holds, limits });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const openAs = (uid: number | null): Socket => {
    if (uid !== null) process.seteuid?.(uid);
    try {
      return connect(path);
    } finally {
      if (uid !== null) process.seteuid?.(0);
    }
  };
  const open = async (uid: number | null = null) => {
    const socket = openAs(uid);
    sockets.push(socket);
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk.toString();
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    return { socket, said: () => said };
  };
  return { asked, open };
}

const requestOf = (target: string): string => `GET ${target} HTTP/1.1\r\nhost: guard\r\n\r\n`;
/** What the clients of jobs begin with: another reader has their connections. */
const jobRequest = "POST /v1/runs HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}";

/** What a server says to one request, and that it is still there for the next. */
async function answerTo({ open }: Served, request: string): Promise<string> {
  const { socket, said } = await open();
  socket.write(request);
  await until("an answer or an end", () => said().includes("\r\n\r\n") || socket.destroyed);
  socket.destroy();
  return said().split("\r\n", 1)[0] ?? "";
}

test("a target that is none is answered by 400, and the guard goes on", async (t) => {
  const served = serve(t);
  for (const target of ["//", "//a:99999", "///", "http://[", "http://a:99999/v1/status", "//[::1/"])
    assert.equal(await answerTo(served, requestOf(target)), "HTTP/1.1 400 Bad Request", target);
  assert.equal(await answerTo(served, "OPTIONS * HTTP/1.1\r\nhost: guard\r\n\r\n"), "HTTP/1.1 200 OK");
  assert.equal(await answerTo(served, requestOf("/v1/status?a=%")), "HTTP/1.1 200 OK");
  assert.deepEqual(
    served.asked.map(({ path }) => path),
    ["/*", "/v1/status"],
  );
});

const tooMany = "x".repeat(64 * 1024 + 1);
const postTo = (target: string, headers: string, body = ""): string =>
  `POST ${target} HTTP/1.1\r\nhost: guard\r\n${headers}\r\n\r\n${body}`;

for (const target of ["/v1/sessions", "/v1/runs"]) {
  test(`a body that is too long is answered by 413, whoever reads it: ${target}`, async (t) => {
    const served = serve(t);
    const length = `content-length: ${tooMany.length}`;
    for (const request of [
      postTo(target, length, tooMany),
      postTo(target, `${length}\r\nexpect: 100-continue`),
      // Its end is never seen.
      postTo(target, "content-length: 99999999", tooMany),
    ])
      assert.equal(await answerTo(served, request), "HTTP/1.1 413 Payload Too Large", request.slice(0, 100));
    assert.deepEqual(served.asked, []);
  });

  test(`who waits for a word before he sends the body gets it, and no other wish is met: ${target}`, async (t) => {
    const served = serve(t);
    const { socket, said } = await served.open();
    socket.write(postTo(target, "content-length: 2\r\nexpect: 100-continue"));
    await until("the word", () => said().includes("\r\n\r\n"));
    assert.equal(said(), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("{}");
    await until("the answer", () => said().includes(`{"path":"${target}"}`));
    const other = postTo(target, "content-length: 2\r\nexpect: wonders");
    assert.equal(await answerTo(served, other), "HTTP/1.1 417 Expectation Failed");
  });
}

test("a body in pieces that grows too long is answered by 413, and the connection goes on", async (t) => {
  const { open, asked } = serve(t);
  const { socket, said } = await open();
  const piece = tooMany.slice(0, 1024);
  socket.write(postTo("/v1/sessions", "transfer-encoding: chunked"));
  for (let sent = 0; sent < 80; sent += 1) socket.write(`400\r\n${piece}\r\n`);
  await until("the answer", () => said().includes("HTTP/1.1 413 "));
  socket.write(`0\r\n\r\n${requestOf("/next")}`);
  await until("the next to be answered", () => said().includes('{"path":"/next"}'));
  assert.deepEqual(
    asked.map(({ path }) => path),
    ["/next"],
  );
});

test("what is no request to a reader of jobs is answered by 400, and a head without end by 431", async (t) => {
  const served = serve(t);
  const noLength = "POST /v1/runs HTTP/1.1\r\nhost: guard\r\n\r\n";
  assert.equal(await answerTo(served, noLength), "HTTP/1.1 400 Bad Request");
  const noEnd = `POST /v1/runs HTTP/1.1\r\nx: ${tooMany.slice(0, 9000)}`;
  assert.equal(await answerTo(served, noEnd), "HTTP/1.1 431 Request Header Fields Too Large");
});

/** Waits until the server has closed a connection. */
const closed = (socket: Socket): Promise<void> => until("the server to close the connection", () => socket.destroyed);

test("who says nothing, or does not end what he says, loses his place", async (t) => {
  const { open } = serve(t, { ...roomy, wholeMs: 50 });
  const beginnings = [
    "",
    "GET",
    "GET / HTTP/1.1\r\nhost: guard\r\n",
    "POST / HTTP/1.1\r\nhost: guard\r\ncontent-length: 9\r\n\r\n1",
  ];
  for (const beginning of [...beginnings, jobRequest.slice(0, -1)]) {
    const { socket } = await open();
    socket.write(beginning);
    await closed(socket);
  }
});

test("a place is not kept by one byte after the other", async (t) => {
  const { open } = serve(t, { ...roomy, wholeMs: 200 });
  const { socket } = await open();
  socket.write("GET / HTTP/1.1\r\nx: ");
  const dripping = setInterval(() => socket.write("x"), 10);
  t.after(() => clearInterval(dripping));
  await closed(socket);
});

test("an idle connection is closed, unless something runs that ends with it", async (t) => {
  let runs = true;
  let looks = 0;
  const holds = (): boolean => {
    looks += 1;
    return runs;
  };
  const { open } = serve(t, { ...roomy, idleMs: 20 }, holds);
  const kept = await Promise.all(
    [requestOf("/"), jobRequest].map(async (request) => {
      const { socket, said } = await open();
      socket.write(request);
      await until("its answer", () => said().includes('{"path"'));
      return { socket, said, request };
    }),
  );
  await until("both to have been idle for longer than they may", () => looks > 6);
  for (const { socket, said, request } of kept) {
    socket.write(request);
    await until("another answer", () => said().split('{"path"').length === 3);
  }
  runs = false;
  for (const { socket } of kept) await closed(socket);
});

test("one user cannot take all places, and all others together not root's", {
  skip: isRoot ? false : "needs root",
}, async (t) => {
  const served = serve(t);
  const { asked, open } = served;
  const openMany = async (uid: number | null, count: number): Promise<readonly Socket[]> => {
    const sockets: Socket[] = [];
    for (let one = 0; one < count; one += 1) sockets.push((await open(uid)).socket);
    return sockets;
  };
  const ofOne = await openMany(otherUser, 5);
  await closed(ofOne[4] as Socket);
  const ofNext = await openMany(otherUser + 1, 3);
  await closed(ofNext[2] as Socket);
  assert.equal(await answerTo(served, requestOf("/")), "HTTP/1.1 200 OK");
  assert.deepEqual(
    [...ofOne.slice(0, 4), ...ofNext.slice(0, 2)].filter(({ destroyed }) => destroyed),
    [],
  );
  ofOne[0]?.end(requestOf("/mine"));
  await until("the request of who has a place", () =>
    asked.some(({ path, peer }) => path === "/mine" && peer.uid === otherUser),
  );
  await closed(ofOne[0] as Socket);
  const [again] = await openMany(otherUser, 1);
  again?.write(requestOf("/again"));
  await until("the next to have the place", () => asked.some(({ path }) => path === "/again"));
});
