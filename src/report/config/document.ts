import type { Document, Node } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { ConfigProblem } from "./error.ts";

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

const tooDeep = "YAML: is nested too deeply";

type Place = Pick<ConfigProblem, "line" | "column">;
type Targets = ReadonlyMap<Node, Node | undefined>;

/**
 * Reads YAML 1.2: one document, no duplicate keys, only texts as keys, no tags of applications. Anchors and aliases are
 * followed, but never to more than 200 000 values.
 */
export function readConfigDocument(text: string): ReadDocument {
  try {
    return readDocument(text);
  } catch (thrown) {
    // A stack that is full.
    if (!(thrown instanceof RangeError)) throw thrown;
    return { document: null, problems: [{ line: 1, column: 1, message: tooDeep }] };
  }
}

function readDocument(text: string): ReadDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    // An empty file has no line.
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // The parser meets its own full stack, and then complains once per level.
  const overflow = document.errors.find(({ message }) => message === "Maximum call stack size exceeded");
  if (overflow !== undefined) return { document: null, problems: [{ ...at(overflow.pos[0]), message: tooDeep }] };
  const targets = findTargets(document);
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ message, pos }) => ({ offset: pos[0], message })),
    ...[...targets]
      .filter(([, target]) => target === undefined)
      .map(([alias]) => ({
        offset: alias.range?.[0] ?? 0,
        message: "this alias has no anchor before it",
      })),
  ];
  if (faults.length === 0) faults.push(...findBombs(document, targets));
  if (faults.length > 0) {
    const problems = faults.map(({ offset, message }) => ({ ...at(offset), message: `YAML: ${firstLine(message)}` }));
    return { document: null, problems };
  }
  return {
    document: {
      value: document.toJS({ maxAliasCount: -1 }),
      locate: (path, what = "value") => at(offsetIn(document.contents, targets, path, what)),
    },
    problems: null,
  };
}

const firstLine = (message: string): string => message.split("\n", 1)[0] ?? "";

/** What each alias stands for: the last node before it that has its anchor. */
function findTargets(document: Document.Parsed): Targets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node | undefined>();
  visit(document, {
    Alias: (_, alias) => void targets.set(alias, anchors.get(alias.source)),
    Value: (_, node) => void (node.anchor === undefined ? null : anchors.set(node.anchor, node)),
  });
  return targets;
}

/** The alias through which the document grows most, when it grows beyond bounds. */
function findBombs(
  document: Document.Parsed,
  targets: Targets,
): { readonly offset: number; readonly message: string }[] {
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizeOf(targets.get(node));
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
  if (sizeOf(document.contents) <= maxValues) return [];
  const [largest] = [...targets.keys()].toSorted((a, b) => sizeOf(b) - sizeOf(a));
  const message = `aliases make more than ${maxValues} values of this file, or contain themselves`;
  return [{ offset: largest?.range?.[0] ?? 0, message }];
}

const offsetOfNode = (node: unknown): number | null =>
  isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? null) : null;

/** Follows a path as far as it goes; a mistake behind an alias is told where it was written. */
function offsetIn(top: unknown, targets: Targets, path: ConfigPath, what: "value" | "key"): number {
  let node = top;
  let offset = offsetOfNode(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = targets.get(node);
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
