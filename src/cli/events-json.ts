import type { MonitorLine, StartLine } from "../events/index.ts";
import type { GuardEventDocument } from "../guard/index.ts";
import { toByteString } from "../kernel/index.ts";

/** A line of `corral memcg`. */
export interface MemcgLine {
  readonly timestamp: bigint;
  readonly time: string;
  readonly event: "STARTED" | "DECISION" | "STATS";
}

/** Bytes that are not UTF-8 (kernel/byte-text.ts). */
const noText = /[\ud800-\udfff]/gu;

const isText = (text: string): boolean => text.search(noText) === -1;

const base64Of = (text: string): string => Buffer.from(toByteString(text), "latin1").toString("base64");

type Raw = Record<string, string | readonly string[]>;

/** A value as JSON; of a text that is no valid UTF-8 the bytes are kept aside. */
function toJson(value: unknown, name: string, raw: Raw): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") {
    if (isText(value)) return JSON.stringify(value);
    raw[name] = base64Of(value);
    return JSON.stringify(value.replace(noText, "\ufffd"));
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (!Array.isArray(value)) return objectToJson(value, raw);
  const texts = value as readonly unknown[];
  if (texts.some((text) => typeof text === "string" && !isText(text)))
    raw[name] = texts.map((text) => base64Of(String(text)));
  return `[${texts.map((one) => toJson(one, "", {})).join(",")}]`;
}

const objectToJson = (members: object, raw: Raw): string =>
  `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${toJson(value, name, raw)}`)
    .join(",")}}`;

/**
 * A line of JSON with its end: valid UTF-8 whatever processes call themselves. A text that is not has U+FFFD for what is
 * wrong, and its bytes in base64 below `bytes`. Numbers are whole, however large.
 */
export function toJsonLine(line: MonitorLine | StartLine | GuardEventDocument | MemcgLine): string {
  const raw: Raw = {};
  const json = objectToJson(line, raw);
  return Object.keys(raw).length === 0 ? `${json}\n` : `${json.slice(0, -1)},"bytes":${JSON.stringify(raw)}}\n`;
}
