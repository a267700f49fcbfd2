import { spawnSync } from "node:child_process";
import path from "node:path";

/** Runs the cold part in a guest whose process 1 is systemd; the guest reads this host's files. */
export function benchInVm(root: string, rounds: string, json: boolean): number {
  const guest = ["vm", "run", "--init", "systemd", "--timeout", "1h", "--quiet", "--"];
  const part = ["--only", "cold", "--emulated", "--rounds", rounds, ...(json ? ["--json"] : [])];
  const argv = [path.join(root, "dist/corral.cjs"), ...guest, process.execPath, process.argv[1] ?? "", ...part];
  return spawnSync(process.execPath, argv, { stdio: "inherit" }).status ?? 1;
}
