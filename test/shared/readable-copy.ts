import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/kernel/index.ts";
import { inGuest } from "./guest.ts";

/** True when every directory on the way may be entered by anybody: a clone in a private home may not. */
function isOpenToAll(directory: string): boolean {
  for (let at = directory; ; at = path.dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** What the package consists of (package.json(5), files). */
function packedParts(checkout: string): readonly string[] {
  const text = readFileSync(path.join(checkout, "package.json"), "utf8");
  const { files } = JSON.parse(text) as { readonly files: readonly string[] };
  return ["package.json", "README.md", "LICENSE", ...files.filter((one) => !one.startsWith("!"))];
}

function copyCheckout(checkout: string): string {
  const copy = mkdtempSync(path.join(tmpdir(), "corral-copy-"));
  process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
  chmodSync(copy, 0o755);
  for (const part of packedParts(checkout))
    cpSync(path.join(checkout, part), path.join(copy, part), { recursive: true });
  return copy;
}

/** In a guest, whose mounts are its own, the checkout is shown at an open place, with its node_modules. */
function bindCheckout(checkout: string): string {
  const place = "/run/corral-checkout";
  mkdirSync(place, { recursive: true });
  const { status, stderr } = spawnSync("mount", ["--bind", checkout, place], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return place;
}

let root: string | null = null;

/**
 * The package where every user may run it: the checkout itself, or else a copy that lives as long as this process.
 * Tests that run Corral as somebody else need it.
 */
export function openPackageRoot(): string {
  const checkout = packageRoot();
  root ??= isOpenToAll(checkout) ? checkout : inGuest ? bindCheckout(checkout) : copyCheckout(checkout);
  return root;
}
