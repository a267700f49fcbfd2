import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CorralError } from "../report/index.ts";

const packageName = "corral";
let found: string | null = null;

// A bundle of CommonJS modules has `__dirname` and no import.meta.
const moduleDirectory = (): string => (typeof __dirname === "undefined" ? import.meta.dirname : __dirname);

function isPackageRoot(directory: string): boolean {
  const manifest = resolve(directory, "package.json");
  if (!existsSync(manifest)) return false;
  try {
    const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    return typeof parsed === "object" && parsed !== null && "name" in parsed && parsed.name === packageName;
  } catch {
    return false;
  }
}

/**
 * The directory of Corral's own package.json: above `dist/corral.cjs`, `dist/lib/kernel/` and `src/kernel/`
 * alike. Prebuilt binaries and guest files are found from here.
 * @throws CorralError NATIVE_MISSING when this module was copied out of its package.
 */
export function packageRoot(): string {
  if (found !== null) return found;
  const start = moduleDirectory();
  for (let directory = start; ; directory = dirname(directory)) {
    if (isPackageRoot(directory)) {
      found = directory;
      return directory;
    }
    if (directory === dirname(directory)) break;
  }
  throw new CorralError("NATIVE_MISSING", `no directory above ${start} is the package "${packageName}"`, {
    object: start,
    fix: "install corral as a package instead of copying single files out of it",
  });
}
