import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { renderCpio } from "./cpio.ts";
import { buildGuestProgram } from "./guest-program.ts";

/**
 * What stands between a kernel of Debian 12 and the host's files, in the order in which it can be loaded; later kernels have
 * it built in.
 */
export const earlyModules = [
  "virtio",
  "virtio_ring",
  "virtio_pci_legacy_dev",
  "virtio_pci_modern_dev",
  "virtio_pci",
  "virtio_console",
  "fuse",
  "virtiofs",
] as const;

/** Name of a module's file in the initramfs and in the cache: the order in which it is loaded. */
export const earlyModuleFile = (order: number): string => `${String(order).padStart(2, "0")}.ko`;

/**
 * The first root of a guest whose kernel needs modules for the second: the modules and vm/guest/early-init.c.
 * @param modules directory with the files of `earlyModules`
 * @throws {CorralError} VM_UNAVAILABLE when there is neither the program nor a C compiler
 */
export async function makeInitramfs(modules: string): Promise<Buffer> {
  const files = (await readdir(modules)).toSorted();
  const contents = await Promise.all(files.map((file) => readFile(join(modules, file))));
  const init = await readFile(await buildGuestProgram("early-init"));
  return renderCpio([
    { name: "init", content: init, executable: true },
    { name: "root", content: null },
    { name: "modules", content: null },
    ...files.map((file, index) => ({ name: `modules/${file}`, content: contents[index] ?? Buffer.alloc(0) })),
  ]);
}
