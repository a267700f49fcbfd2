import { rmdirSync, rmSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, mkdtemp, open, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { errnoOf } from "../src/report/index.ts";
import { type GuestSettings, renderGuestSettings, renderJob } from "./guest-files.ts";
import { buildGuestProgram } from "./guest-program.ts";
import { makeInitramfs } from "./initramfs.ts";
import type { VmSpec } from "./options.ts";
import { packageRoot } from "./package-files.ts";

const prefix = "corral-vm-";
const diskBytes = 256 * 1024 * 1024;

/**
 * The temporary directory of one guest: mount point, sockets, disks, logs, and `guest/`, which the
 * guest copies into its own memory. Removed with everything in it when the guest has ended.
 */
export class GuestDirectory implements AsyncDisposable {
  readonly path: string;
  readonly rootSocket: string;
  /** Where the host's files appear read-only, in another mount namespace. */
  readonly mountPoint: string;
  readonly consoleFile: string;
  readonly outputFile: string;
  /** Where QEMU offers the guest's second console. */
  readonly controlSocket: string;
  readonly diskFiles: readonly string[];
  readonly #removeNow = (): void => {
    try {
      rmdirSync(this.mountPoint);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") return;
    }
    rmSync(this.path, { recursive: true, force: true });
  };

  private constructor(path: string, disks: number) {
    this.path = path;
    this.rootSocket = join(path, "root.sock");
    this.mountPoint = join(path, "root");
    this.consoleFile = join(path, "console");
    this.outputFile = join(path, "output");
    this.controlSocket = join(path, "control.sock");
    this.diskFiles = Array.from({ length: disks }, (_, index) => join(path, `disk${index}`));
  }

  /**
   * Writes the first root for a kernel that needs modules before it sees the host's files.
   * @param modules directory with them
   * @returns the file
   */
  async writeInitramfs(modules: string): Promise<string> {
    const file = join(this.path, "initramfs");
    await writeFile(file, await makeInitramfs(modules));
    return file;
  }

  /** Creates the directory and everything that QEMU and the guest expect in it. */
  static async create(spec: VmSpec, settings: GuestSettings): Promise<GuestDirectory> {
    const directory = new GuestDirectory(await mkdtemp(join(temporaryRoot(), prefix)), spec.disks);
    await mkdir(directory.mountPoint);
    process.on("exit", directory.#removeNow);
    try {
      await directory.#fill(spec, settings);
      return directory;
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Removes the directory of a guest whose Corral was killed before it could. Other paths are left alone. */
  static async removeLeftover(path: string): Promise<void> {
    if (!basename(path).startsWith(prefix)) return;
    await removeTree(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#removeNow);
    await removeTree(this.path);
  }

  async #fill(spec: VmSpec, settings: GuestSettings): Promise<void> {
    const guest = join(this.path, "guest");
    await cp(join(packageRoot(), "vm/guest"), guest, { recursive: true });
    await chmod(join(guest, "init"), 0o755);
    await copyFile(await buildGuestProgram("vmexit"), join(guest, "vmexit"));
    await writeFile(join(guest, "settings"), renderGuestSettings(settings));
    await writeFile(join(guest, "job"), renderJob(spec, process.execPath));
    await writeFile(this.consoleFile, "");
    await writeFile(this.outputFile, "");
    for (const file of this.diskFiles) {
      await using disk = await open(file, "w");
      await disk.truncate(diskBytes);
    }
  }
}

/** Never deletes through a mount: the mount point goes first, which succeeds only when it is empty. */
async function removeTree(path: string): Promise<void> {
  try {
    await rmdir(join(path, "root"));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  await rm(path, { recursive: true, force: true });
}

/** The path goes onto the kernel's command line and into a socket address of 108 bytes. */
function temporaryRoot(): string {
  const configured = tmpdir();
  return /^[A-Za-z0-9/._-]{1,60}$/.test(configured) ? configured : "/tmp";
}
