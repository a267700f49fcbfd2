import { randomBytes } from "node:crypto";
import { access, constants, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../src/report/index.ts";
import { makeCacheDirectory } from "./cache-directory.ts";
import { packageRoot } from "./package-files.ts";
import { runTool } from "./tool.ts";

/** Programs of a guest: where the source is, and the name of what is made of it. */
const programs = {
  /** Ends a guest. */
  vmexit: { source: "vm/guest/poweroff.c", name: "corral-vmexit" },
  /** Begins one whose kernel has no virtiofs built in. */
  "early-init": { source: "vm/guest/early-init.c", name: "corral-early-init" },
} as const;

/**
 * Compiles a program for guests, unless an up-to-date one is there. It goes to prebuilds/<platform>-<arch> in the package,
 * or to the cache directory when the package is read-only.
 * @returns its absolute path
 * @throws {CorralError} VM_UNAVAILABLE when there is neither a program nor a C compiler
 */
export async function buildGuestProgram(program: keyof typeof programs): Promise<string> {
  const { source: sourcePath, name } = programs[program];
  const source = join(packageRoot(), sourcePath);
  const inPackage = join(packageRoot(), "prebuilds", `${process.platform}-${process.arch}`, name);
  if (await isUpToDate(inPackage, source)) return inPackage;
  const output = (await isWritable(packageRoot())) ? inPackage : join(await makeCacheDirectory(), name);
  if (await isUpToDate(output, source)) return output;

  await mkdir(dirname(output), { recursive: true });
  // Guests of one process may make it at the same time, too.
  const fresh = `${output}.${randomBytes(6).toString("hex")}`;
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
