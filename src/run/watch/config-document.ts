import type { Document, Node, ParsedNode } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { ConfigProblem } from "./config-error.ts";

/** Where a value stands in a document: keys and indices from the top. */
export type ConfigPath = readonly (string | number)[];

/** A YAML document as plain values, and where each of them was written. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Place of the value at a path, or of the nearest one above that exists; with `key`, of the key that leads there. */
  readonly locate: (path: ConfigPath, what?: "value" | "key") => Pick<ConfigProblem, "line" | "column">;
}

export type ReadDocument =
  | { readonly document: ConfigDocument; readonly problems: null }
  | { readonly document: null; readonly problems: readonly ConfigProblem[] };

/** More than any file of rules has, and little enough to be judged in a second. */
const maxValues = 200_000;

type Found = Document.Parsed<ParsedNode, true>;

/**
 * Reads YAML 1.2: one document, no duplicate keys, only texts as keys, no tags of applications. Anchors and aliases are followed, but
 * never to more than 200 000 values.
 */
export function readConfigDocument(text: string): ReadDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): Pick<ConfigProblem, "line" | "column"> => {
    const { line, col } = lines.linePos(offset);
    // An empty file has no line.
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return {
      document: null,
      problems: faults.map(({ message, pos }) => ({ ...at(pos[0]), message: `YAML: ${firstLine(message)}` })),
    };
  }
  const bomb = findBomb(document);
  if (bomb !== null) {
    const message = `YAML: aliases make more than ${maxValues} values of this file, or contain themselves`;
    return { document: null, problems: [{ ...at(bomb), message }] };
  }
  const offsetOf = (path: ConfigPath, what: "value" | "key"): number => offsetIn(document, path, what);
  return {
    document: {
      value: document.toJS({ maxAliasCount: -1 }),
      locate: (path, what = "value") => at(offsetOf(path, what)),
    },
    problems: null,
  };
}

const firstLine = (message: string): string => message.split("\n", 1)[0] ?? "";

/** Offset of an alias through which the document grows beyond bounds, or null. */
function findBomb(document: Found): number | null {
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizeOf(node.resolve(document));
    if (!isMap(node) && !isSeq(node)) return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    // What contains itself is endless.
    sizes.set(node, Number.POSITIVE_INFINITY);
    const items: readonly unknown[] = isMap(node) ? node.items.map(({ value }) => value) : node.items;
    const size = items.reduce<number>((sum, item) => sum + sizeOf(item), 1);
    sizes.set(node, size);
    return size;
  };
  if (sizeOf(document.contents) <= maxValues) return null;
  let largest: { readonly offset: number; readonly size: number } = { offset: 0, size: 0 };
  visit(document, {
    Alias: (_, alias) => {
      const size = sizeOf(alias);
      if (size > largest.size) largest = { offset: alias.range?.[0] ?? 0, size };
    },
  });
  return largest.offset;
}

const offsetOfNode = (node: unknown): number | null =>
  isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? null) : null;

/** Follows a path as far as it goes; a mistake behind an alias is told where it was written. */
function offsetIn(document: Found, path: ConfigPath, what: "value" | "key"): number {
  let node: unknown = document.contents;
  let offset = offsetOfNode(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) return offset;
      const wantsKey = what === "key" && depth === path.length - 1;
      offset = (wantsKey ? null : offsetOfNode(pair.value)) ?? offsetOfNode(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      node = node.items[step];
      offset = offsetOfNode(node) ?? offset;
    } else return offset;
  }
  return offset;
}
