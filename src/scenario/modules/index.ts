/**
 * scenario/modules/: users' modules: functions that a scenario refers to, and scenarios that are modules. Loads them and nothing
 * else; what they are called for is the caller's. May know the model's references.
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

const needsNode = `which Node ${process.version} does not load: use Node 22.18 or later, or compile it`;

/** Versions of Node that load TypeScript say so (process.features). */
const loadsTypeScript = (): boolean => Boolean(Reflect.get(process.features, "typescript"));

function refuseTypeScript(path: string): void {
  if (/\.[cm]?ts$/.test(path) && !loadsTypeScript()) throw new ModuleFault(`is TypeScript, ${needsNode}`);
}

/** What Node says of a file of TypeScript that a module imports says nothing of TypeScript. */
const importFault = (text: string): string =>
  /^Unknown file extension "\.[cm]?ts"/.test(text) && !loadsTypeScript()
    ? `imports TypeScript, ${needsNode}`
    : `cannot be loaded: ${text}`;

/**
 * All that a module exports: an ES module without an await at its top, or a CommonJS module; TypeScript where Node loads that.
 * Loaded by require(), because the command line is one script, which has no import().
 * @throws ModuleFault
 */
export function loadModule(path: string): object {
  refuseTypeScript(path);
  try {
    return Object(createRequire(path)(path)) as object;
  } catch (thrown) {
    throw new ModuleFault(importFault(faultText(thrown)));
  }
}

/**
 * The function that a reference is to.
 * @param directory that the path counts from
 * @throws ModuleFault
 */
export function loadFunction({ module, export: name = "default" }: ModuleReference, directory: string): unknown {
  const found: unknown = Reflect.get(loadModule(resolve(directory, module)), name);
  if (typeof found !== "function") throw new ModuleFault(`has no function ${quote(name)} among its exports`);
  return found;
}
