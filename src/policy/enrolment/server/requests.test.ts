import { expect, test } from "vitest";
import type { WorkloadReply } from "../../model/index.ts";
import { nowNs, OpenRequests } from "./requests.ts";
import { TokenBucket } from "./token-bucket.ts";

const done: WorkloadReply = {
  status: "done",
  stats: null,
  phases: { receivedNs: null, safePointNs: null, startNs: null, endNs: null },
  atNs: 1n,
};
const soon = (): bigint => nowNs() + 60_000_000_000n;

test("a reply ends the request that it names, once, and only in the name of its enrolment", async () => {
  const requests = new OpenRequests();
  const reply = requests.wait("token", "r1", soon(), undefined);
  expect([requests.settle("other", "r1", done), requests.settle("token", "r2", done)]).toEqual([
    "unmatched",
    "unmatched",
  ]);
  expect([requests.has("r1"), requests.countOf("token")]).toEqual([true, 1]);
  expect(requests.settle("token", "r1", done)).toBe("matched");
  expect(await reply).toBe(done);
  expect([requests.settle("token", "r1", done), requests.countOf("token")]).toEqual(["unmatched", 0]);
});

test("a request that expired is a time-out, not before its time; what comes then is late, until it is asked anew", async () => {
  const requests = new OpenRequests();
  const expiresNs = nowNs() + 5_000_000n;
  const reply = await requests.wait("token", "r1", expiresNs, undefined);
  expect([reply.status, reply.atNs >= expiresNs]).toEqual(["timeout", true]);
  expect([requests.settle("token", "r1", done), requests.settle("other", "r1", done)]).toEqual(["late", "unmatched"]);
  const again = requests.wait("token", "r1", soon(), undefined);
  expect(requests.settle("token", "r1", done)).toBe("matched");
  await again;
});

test("one that has expired before it is made is over at once", async () => {
  const requests = new OpenRequests();
  const reply = requests.wait("token", "r1", 0n, undefined);
  expect(requests.has("r1")).toBe(false);
  expect((await reply).status).toBe("timeout");
});

test("the end of an enrolment ends all of its requests and no others", async () => {
  const requests = new OpenRequests();
  const mine = ["r1", "r2"].map((id) => requests.wait("mine", id, soon(), undefined));
  const other = requests.wait("other", "r3", soon(), undefined);
  const gone: WorkloadReply = { status: "gone", why: "exited", atNs: 2n };
  requests.settleAll("mine", gone);
  expect(await Promise.all(mine)).toEqual([gone, gone]);
  expect(requests.countOf("other")).toBe(1);
  requests.settle("other", "r3", done);
  await other;
});

test("an abort ends the wait with its reason", async () => {
  const requests = new OpenRequests();
  const abort = new AbortController();
  const reply = requests.wait("token", "r1", soon(), abort.signal);
  const reason = new Error("enough");
  abort.abort(reason);
  await expect(reply).rejects.toBe(reason);
  expect(requests.settle("token", "r1", done)).toBe("late");
});

test("a bucket gives its burst at once, then so many per second, and never saves more than its burst", () => {
  const bucket = new TokenBucket(3, 10, 0);
  const take = (atMs: number, times: number): number =>
    Array.from({ length: times }, () => bucket.take(atMs)).filter(Boolean).length;
  expect([take(0, 5), take(99, 5), take(100, 5), take(400, 5), take(10_000, 5)]).toEqual([3, 0, 1, 3, 3]);
});
