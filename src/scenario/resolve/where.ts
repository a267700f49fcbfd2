import type { ConfigPath } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import { snakeKeys, snakePath } from "../file/index.ts";

/** What stands at a path of anything; undefined where there is nothing. */
function valueAt(top: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
    top,
  );
}

function named(value: unknown, what: string): string {
  const name: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "name") : value;
  return typeof name === "string" ? `${what} ${quote(name)}` : what;
}

/** `op 1 (set_cpuset)` */
function opName(op: unknown, index: string | number | undefined): string {
  const snake = snakeKeys(op);
  const kind =
    typeof snake === "string" ? snake : Object.keys(typeof snake === "object" && snake !== null ? snake : {})[0];
  return `op ${index}${kind === undefined ? "" : ` (${kind})`}`;
}

/** The part of a step or of the backdrop that a path leads to. */
function partOf(scenario: unknown, path: ConfigPath, from: number): string | null {
  const [list, index] = path.slice(from);
  if (list === undefined || index === undefined) return list === undefined ? null : String(list);
  const value = valueAt(scenario, path.slice(0, from + 2));
  if (list === "ops") return opName(value, index);
  if (list === "setup" || list === "cgroups") return named(value, "group");
  return list === "payloads" ? named(value, "payload") : String(list);
}

/** `step 0, op 1 (spawn)`, `backdrop, group "web", work 0`: where something stands, by the words of a scenario. */
export function whereIn(scenario: unknown, path: ConfigPath): string {
  const [first, index] = path;
  const works = path.indexOf("works");
  const work = works === -1 || path[works + 1] === undefined ? null : `work ${path[works + 1]}`;
  const parts = ((): readonly (string | null)[] => {
    if (first === "steps" && index !== undefined) return [`step ${index}`, partOf(scenario, path, 2), work];
    if (first === "backdrop") return ["backdrop", partOf(scenario, path, 1), work];
    if (first === "payloads" && index !== undefined) return [named(valueAt(scenario, path.slice(0, 2)), "payload")];
    if (first === "expect" && index !== undefined) return [`expectation ${index}`];
    return [first === undefined ? "scenario" : String(snakePath([first])[0])];
  })();
  return parts.filter((part) => part !== null).join(", ");
}
