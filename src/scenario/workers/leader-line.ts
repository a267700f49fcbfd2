/** A line of `corral-worker load` (native/BOUNDARY.md). */
export type LeaderLine =
  | { readonly kind: "ready" | "done" }
  | { readonly kind: "ended"; readonly index: number; readonly waitStatus: number }
  | { readonly kind: "fail"; readonly call: string; readonly errno: number };

/** Null for a line that is none. */
export function readLeaderLine(text: string): LeaderLine | null {
  if (text === "ready" || text === "done") return { kind: text };
  const [, word, first = "", second = ""] = /^(ended|fail) (\S+) (\d+)$/.exec(text) ?? [];
  if (word === "fail") return { kind: "fail", call: first, errno: Number(second) };
  return word === "ended" ? { kind: "ended", index: Number(first), waitStatus: Number(second) } : null;
}
