/**
 * scenario/modules/: functions of users' modules that a scenario refers to. Loads them and nothing else; what they are called
 * for is the caller's. May know the model's references.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { quote } from "../../report/index.ts";
import type { ModuleReference } from "../model/index.ts";

/** What is wrong with a module; the message completes `module "x" …`. */
export class ModuleFault extends Error {}

/** What was thrown, as one line. */
export const faultText = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n", 1)[0] ?? "";

/**
 * The function that a reference is to: of an ES module without an await at its top, or of a CommonJS module. Loaded by
 * require(), because the command line is one script, which has no import().
 * @param directory that the path counts from
 * @throws ModuleFault
 */
export function loadFunction({ module, export: name = "default" }: ModuleReference, directory: string): unknown {
  const path = resolve(directory, module);
  let loaded: unknown;
  try {
    loaded = createRequire(path)(path);
  } catch (thrown) {
    throw new ModuleFault(`cannot be loaded: ${faultText(thrown)}`);
  }
  const found: unknown = Reflect.get(Object(loaded) as object, name);
  if (typeof found !== "function") throw new ModuleFault(`has no function ${quote(name)} among its exports`);
  return found;
}
