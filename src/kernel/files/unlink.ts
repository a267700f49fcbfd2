import { unlinkSync } from "node:fs";

/** Removes a file that may be gone already. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone.
  }
}
