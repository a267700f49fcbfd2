import { expect, test } from "vitest";
import type { JobEvent } from "../../report/index.ts";
import { EventFeed } from "./event-feed.ts";

const event = (message: string): JobEvent => ({
  state: "running",
  time: "2026-01-01T00:00:00.000Z",
  at_sec: 0,
  message,
});

async function read(feed: EventFeed): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of feed) messages.push(message);
  return messages;
}

test("readers that come before, between and after all events get all of them, in order", async () => {
  const feed = new EventFeed();
  const before = read(feed);
  feed.push(event("a"));
  feed.push(event("b"));
  const between = read(feed);
  await Promise.resolve();
  feed.push(event("c"));
  feed.close();
  const all = ["a", "b", "c"];
  expect([await before, await between, await read(feed)]).toEqual([all, all, all]);
});

test("a reader may leave early, and another still gets everything", async () => {
  const feed = new EventFeed();
  feed.push(event("a"));
  for await (const { message } of feed) {
    expect(message).toBe("a");
    break;
  }
  feed.push(event("b"));
  feed.close();
  expect(await read(feed)).toEqual(["a", "b"]);
});

test("a feed that closes without events ends its readers", async () => {
  const feed = new EventFeed();
  const reading = read(feed);
  feed.close();
  expect(await reading).toEqual([]);
});
