import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CorralError } from "../src/report/index.ts";

/** Directory of Corral's package, wherever this code was bundled to: the nearest one above that holds the guest's files. */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "vm/guest/init"))) return directory;
    if (directory === "/") break;
  }
  throw new CorralError("VM_UNAVAILABLE", `vm/guest/init is in no directory above ${start}`, {
    object: "vm/guest/init",
    fix: "install the complete corral package",
  });
}
