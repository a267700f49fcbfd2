import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** What an agent was told to do: every value by the way to it, as text. */
export type FlatConfig = ReadonlyMap<string, string>;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parts of a value by their keys; of a list of parts, such as stages, by their names. Null: it is one value, as words of a command are. */
function partsOf(value: unknown): readonly (readonly [key: string, part: unknown])[] | null {
  if (isMap(value)) return Object.entries(value);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isMap)) return null;
  return value.map((part, index) => [typeof part["name"] === "string" ? part["name"] : String(index), part]);
}

function flatten(value: unknown, way: string, into: Map<string, string>): void {
  const parts = partsOf(value);
  if (parts === null) into.set(way, JSON.stringify(value) ?? "");
  else for (const [key, part] of parts) flatten(part, way === "" ? key : `${way}.${key}`, into);
}

/** The configuration that an agent of a run was sent; null: it was not kept, or is damaged. */
export function readConfig(directory: string, agentId: string): FlatConfig | null {
  const path = join(directory, "agents", agentId, "config.yaml");
  if (!existsSync(path)) return null;
  try {
    const flat = new Map<string, string>();
    flatten(parse(readFileSync(path, "utf8")), "", flat);
    return flat;
  } catch {
    return null;
  }
}
