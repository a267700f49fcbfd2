const files = [
  ["stdout.txt", "stdout_tail"],
  ["stderr.txt", "stderr_tail"],
] as const;

/** The end of what a workload wrote, out of the document that says what came of it: names of files, and their texts. */
export function outputsIn(document: string): readonly (readonly [file: string, text: string])[] {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    return [];
  }
  if (typeof value !== "object" || value === null) return [];
  const parts = value as Readonly<Record<string, unknown>>;
  return files.flatMap(([file, key]) => {
    const text = parts[key];
    return typeof text === "string" && text !== "" ? [[file, text] as const] : [];
  });
}
