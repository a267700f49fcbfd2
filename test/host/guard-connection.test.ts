/** A client of the guard whose kept connection has ended when it asks again. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { CorralError, GuardClient } from "../../src/guard/client/index.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { clearPlace, startGuard } from "../vm/guard/support.ts";

const answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/** A server that answers the first request of each connection, and does with the second one what the test says. */
async function serve(t: TestContext, onSecond: (socket: Socket) => void) {
  const folder = mkdtempSync(join(tmpdir(), "corral-connection-"));
  const path = join(folder, "guard.sock");
  const asked: string[] = [];
  const server: Server = createServer((socket) => {
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      requests += 1;
      asked.push(bytes.toString().split(" HTTP", 1)[0] ?? "");
      if (requests === 1) socket.write(answer, () => onFirst(socket));
      else onSecond(socket);
    });
  });
  let onFirst: (socket: Socket) => void = () => {};
  server.listen(path);
  await once(server, "listening");
  const client = new GuardClient({ socket: path });
  t.after(() => {
    client.close();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return {
    client,
    asked,
    afterFirst: (act: (socket: Socket) => void) => {
      onFirst = act;
    },
  };
}

const isUnreachable = (thrown: unknown): boolean =>
  thrown instanceof CorralError && thrown.code === "GUARD_UNREACHABLE";

test("a question that was read and not answered is asked again, once", async (t) => {
  const { client, asked } = await serve(t, (socket) => socket.destroy());
  await client.status();
  await client.status();
  assert.deepEqual(asked, ["GET /v1/status", "GET /v1/status", "GET /v1/status"]);
});

test("a change that was read and not answered may have been made, and is not asked for again", async (t) => {
  const { client, asked } = await serve(t, (socket) => socket.destroy());
  await client.status();
  await assert.rejects(client.createSession({ name: "a" }), isUnreachable);
  assert.deepEqual(asked, ["GET /v1/status", "POST /v1/sessions"]);
  // And on its first connection nothing at all is.
  await assert.rejects(new GuardClient({ socket: join(tmpdir(), "nobody.sock") }).status(), isUnreachable);
});

test("a change that nobody has read is asked for again", async (t) => {
  const { client, asked, afterFirst } = await serve(t, () => assert.fail("nothing is read twice on a connection"));
  let held: Socket | null = null;
  afterFirst((socket) => {
    // pause() would have Node read on, and keep what it has read.
    (socket as unknown as { readonly _handle: { readStop(): void } })._handle.readStop();
    held ??= socket;
  });
  await client.status();
  const made = client.createSession({ name: "a" });
  // It lies in the socket by then, unread.
  await new Promise((resolve) => setTimeout(resolve, 50));
  (held as Socket | null)?.destroy();
  await made;
  assert.deepEqual(asked, ["GET /v1/status", "POST /v1/sessions"]);
});

test("a client outlives the guard that it has spoken to", { skip }, async () => {
  const place = newHostPlace();
  const settings = { env: withoutControllers };
  const first = await startGuard(place, settings);
  const client = new GuardClient({ socket: first.socket });
  try {
    await client.status();
    await first.end("SIGKILL");
    const second = await startGuard(place, settings);
    try {
      await client.createSession({ name: "after" });
      assert.ok((await client.status()).sessions.some(({ name }) => name === "after"));
    } finally {
      await second.end();
    }
  } finally {
    client.close();
    await clearPlace(place);
  }
});
