import type { MsgHdrs } from "./nats-client.ts";
import { headers } from "./nats-client.ts";

/** What a letter is for: to say something, to say that nothing more will be said, to break off, or to ask for a sign of life. */
const kinds = ["message", "end", "cut", "beat"] as const;
export type LetterKind = (typeof kinds)[number];

/** What one side of a stream sends the other. */
export interface Letter {
  readonly kind: LetterKind;
  /** Messages and the end of a direction are counted from 1; others are 0. */
  readonly number: number;
  /** The last one before it that the broker keeps, by its number; 0: none. Who lacks that one gets it first. */
  readonly after: number;
  /** Of a message: its bytes; of a `cut`: why. */
  readonly bytes: Uint8Array;
}

export const noBytes = new Uint8Array();

/** Bytes that the head of a letter takes at most. */
export const headBytes = 256;

/** The head of a letter: all but its bytes. */
export function writeHead({ kind, number, after }: Letter): MsgHdrs {
  const head = headers();
  head.set("Corral-Kind", kind);
  head.set("Corral-Number", String(number));
  head.set("Corral-After", String(after));
  return head;
}

const countOf = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

/** A letter; a text: why it is none. */
export function readLetter(head: MsgHdrs | undefined, bytes: Uint8Array): Letter | string {
  const kind = kinds.find((one) => one === head?.get("Corral-Kind"));
  const number = countOf(head?.get("Corral-Number") ?? "");
  const after = countOf(head?.get("Corral-After") ?? "");
  if (kind === undefined || number === null || after === null) return `${bytes.length} bytes have no head of a letter`;
  return { kind, number, after, bytes };
}
