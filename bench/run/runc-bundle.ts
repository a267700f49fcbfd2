import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Copies a program and the libraries it loads into a root file system. */
function fillRoot(root: string, program: string): void {
  const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
  const libraries = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
  for (const file of [program, ...libraries]) {
    const target = path.join(root, file);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

/** An OCI bundle that runs /bin/true under the three limits, in a group below `parent`. */
export function makeRuncBundle(runc: string, directory: string, parent: string): void {
  mkdirSync(path.join(directory, "rootfs"), { recursive: true });
  fillRoot(path.join(directory, "rootfs"), "/bin/true");
  spawnSync(runc, ["spec"], { cwd: directory });
  const file = path.join(directory, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as {
    process: { terminal: boolean; args: string[] };
    linux: { cgroupsPath: string; resources: object };
  };
  config.process.terminal = false;
  config.process.args = ["/bin/true"];
  config.linux.cgroupsPath = `/${parent}/runc`;
  config.linux.resources = {
    cpu: { quota: 50_000, period: 100_000 },
    memory: { limit: 512 * 1024 * 1024 },
    pids: { limit: 100 },
  };
  writeFileSync(file, JSON.stringify(config));
}
