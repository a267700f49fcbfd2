import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The configuration a kernel was built with, and the file that told it. */
export interface KernelConfig {
  readonly path: string;
  /** The value of an option given without `CONFIG_`: `y`, `m`, a number or string; null when it is not set. */
  readonly get: (option: string) => string | null;
}

/** Makes a kernel configuration (.config syntax) readable by option. */
export function parseKernelConfig(path: string, text: string): KernelConfig {
  return { path, get: (option) => new RegExp(`^CONFIG_${option}=(.*)$`, "m").exec(text)?.[1] ?? null };
}

/** Reads /proc/config.gz or /boot/config-RELEASE; null where neither can be read. */
export function readKernelConfig(release: string): KernelConfig | null {
  for (const path of ["/proc/config.gz", `/boot/config-${release}`]) {
    try {
      const bytes = readFileSync(path);
      return parseKernelConfig(path, (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1"));
    } catch {
      // The next place may have it.
    }
  }
  return null;
}
