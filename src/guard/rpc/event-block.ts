import type { GuardEventDocument } from "../daemon/index.ts";

/** Times in nanoseconds are whole numbers of JSON; doubles are exact for the first hundred days of a boot. */
const toNumber = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** One event for server-sent events (the HTML standard's text/event-stream): a JSON document on one line, whatever its texts are. */
export const eventBlock = (event: GuardEventDocument): string =>
  `event: ${event.event}\ndata: ${JSON.stringify(event, toNumber)}\n\n`;
