import { access, constants, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../src/report/index.ts";
import { makeCacheDirectory } from "./cache-directory.ts";
import { packageRoot } from "./package-files.ts";
import { runTool } from "./tool.ts";

/** Where the package keeps what was compiled for this platform, relative to its root. */
const prebuilt = join("prebuilds", `${process.platform}-${process.arch}`, "corral-vmexit");

/**
 * Compiles the program that ends a guest (vm/guest/poweroff.c), unless an up-to-date one is there.
 * It goes to prebuilds/<platform>-<arch>/corral-vmexit in the package, or to the cache directory
 * when the package is read-only.
 * @returns its absolute path
 * @throws {CorralError} VM_UNAVAILABLE when there is neither a program nor a C compiler
 */
export async function buildVmExit(): Promise<string> {
  const source = join(packageRoot(), "vm/guest/poweroff.c");
  const inPackage = join(packageRoot(), prebuilt);
  if (await isUpToDate(inPackage, source)) return inPackage;
  const output = (await isWritable(packageRoot())) ? inPackage : join(await makeCacheDirectory(), "corral-vmexit");
  if (await isUpToDate(output, source)) return output;

  await mkdir(dirname(output), { recursive: true });
  const fresh = `${output}.${process.pid}`;
  try {
    await runTool("cc", ["-static", "-Os", "-s", "-Wall", "-Wextra", "-o", fresh, source]);
    await rename(fresh, output);
  } finally {
    await rm(fresh, { force: true });
  }
  return output;
}

/** An installed package has sources and programs with the times npm gave them, so equal counts as newer. */
async function isUpToDate(program: string, source: string): Promise<boolean> {
  try {
    const [built, written] = await Promise.all([stat(program), stat(source)]);
    return built.mtimeMs >= written.mtimeMs;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}
