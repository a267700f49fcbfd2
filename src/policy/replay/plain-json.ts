/*
 * JSON for what JSON has no words for: whole numbers beyond 2^53 as {"$n": "…"}, infinite numbers as {"$x": "…"}, maps as
 * {"$m": [[key, value], …]}. A key that begins with $ and is none of these has another $ before it.
 */

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Plain loops: a hundred kept cases are encoded four times a second on the thread that must be in time for deadlines.
function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (typeof value === "number" && !Number.isFinite(value)) return { $x: String(value) };
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map) return { $m: Array.from(value, ([key, one]) => [toPlain(key), toPlain(one)]) };
  return isPlain(value) ? toPlainObject(value) : value;
}

function toPlainObject(value: Record<string, unknown>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const one = value[key];
    if (one === undefined) continue;
    if (key !== "__proto__") plain[key.startsWith("$") ? `$${key}` : key] = toPlain(one);
    // An assignment would change what the object is made of instead.
    else Object.defineProperty(plain, key, { value: toPlain(one), enumerable: true });
  }
  return plain;
}

function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (!isPlain(value)) return value;
  const { $n, $x, $m } = value;
  if (typeof $n === "string") return BigInt($n);
  if (typeof $x === "string") return Number($x);
  if (Array.isArray($m)) return new Map($m.map((pair: unknown[]) => [fromPlain(pair[0]), fromPlain(pair[1])]));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key.startsWith("$$") ? key.slice(1) : key, fromPlain(one)]),
  );
}

export const encodePlain = (value: unknown): string => JSON.stringify(toPlain(value));

/** @throws SyntaxError for what is no such JSON */
export const decodePlain = (text: string): unknown => fromPlain(JSON.parse(text));
