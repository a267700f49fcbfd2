import {
  access,
  constants,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { CorralError, errnoOf } from "../src/report/index.ts";
import { makeCacheDirectory } from "./cache-directory.ts";
import { imagePackageOf, type KernelPackages, metapackage, planKernelPackages } from "./debian-packages.ts";
import { HostLock } from "./host-lock.ts";
import { earlyModuleFile, earlyModules } from "./initramfs.ts";
import { extractVmlinux } from "./kernel-image.ts";
import type { KernelName } from "./options.ts";
import { PrivateApt } from "./private-apt.ts";
import { requireVm } from "./probe.ts";
import { runTool } from "./tool.ts";

/** The Debian suite behind each kernel name. */
const suites: Readonly<Record<KernelName, string>> = {
  "debian-oldstable": "bookworm",
  "debian-stable": "trixie",
  "debian-latest": "sid",
};

/** A kernel ready to boot. */
export interface PreparedKernel {
  /** Absolute path of a vmlinux or bzImage. */
  readonly image: string;
  /** `uname -r`; null for a kernel given by path. */
  readonly release: string | null;
  /** Version of the Debian package; null for a kernel given by path. */
  readonly version: string | null;
  /** What to give `modprobe -d`; null when modules were not asked for. */
  readonly modulesRoot: string | null;
  /** Directory with the modules that it needs to see the host's files; null when it needs none. */
  readonly earlyModules: string | null;
}

export interface PrepareOptions {
  /** Have the modules too. Default: false. */
  readonly modules?: boolean;
  /** Look for a newer version even though one is cached. Default: false. */
  readonly refresh?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Progress = (message: string) => void;

/**
 * Makes a kernel ready to boot. One that is in the cache is used as it is, without the network.
 * @param name "debian-oldstable", "debian-stable", "debian-latest" or an absolute path
 * @throws {CorralError} VM_UNAVAILABLE when it cannot be had, USAGE for an unknown name
 */
export async function prepareKernel(
  name: string,
  onProgress?: Progress,
  options: PrepareOptions = {},
): Promise<PreparedKernel> {
  if (name.startsWith("/")) return kernelByPath(name, options);
  if (!isKernelName(name)) {
    throw new CorralError("USAGE", `unknown kernel ${JSON.stringify(name)}`, {
      object: "kernel",
      found: name,
      fix: `give ${Object.keys(suites).join(", ")} or the absolute path of a vmlinux or bzImage`,
    });
  }
  const cached = options.refresh === true ? null : await readCached(name, options);
  if (cached !== null) return cached;

  await requireVm(options.modules === true ? ["prepare", "modules"] : ["prepare"]);
  const holder = "another kernel download";
  await using _lock = await HostLock.acquire({ names: ["download.lock"], holder, onProgress, signal: options.signal });
  const fetchedMeanwhile = options.refresh === true ? null : await readCached(name, options);
  return fetchedMeanwhile ?? (await fetchKernel(name, onProgress, options));
}

export function isKernelName(name: string): name is KernelName {
  return Object.hasOwn(suites, name);
}

async function kernelByPath(image: string, { modules }: PrepareOptions): Promise<PreparedKernel> {
  if (modules === true) {
    throw new CorralError("USAGE", "modules can be had only for Debian's kernels", {
      object: "modules",
      found: image,
      fix: `give --kernel ${Object.keys(suites).join(" or ")}`,
    });
  }
  await access(image, constants.R_OK).catch((cause: unknown) => {
    throw new CorralError("VM_UNAVAILABLE", `the kernel ${image} cannot be read`, { object: image, cause });
  });
  return { image, release: null, version: null, modulesRoot: null, earlyModules: null };
}

async function fetchKernel(
  name: KernelName,
  onProgress: Progress | undefined,
  options: PrepareOptions,
): Promise<PreparedKernel> {
  const cache = await makeCacheDirectory("kernels");
  await removeAbandoned(cache);
  const suite = suites[name];
  onProgress?.(`looking for the newest kernel of Debian ${suite}`);
  await using apt = await PrivateApt.open(cache, suite, options.signal);

  const earlier = options.refresh === true ? null : await readRecord(name);
  const packages = earlier ?? (await resolvePackages(apt, suite));
  const directory = join(cache, packages.version);
  if (!(await exists(join(directory, "vmlinux")))) {
    onProgress?.(`downloading kernel ${packages.release}`);
    await installParts(apt, [packages.image], packages, directory, keepImage);
  }
  if (options.modules === true && !(await exists(join(directory, "modules")))) {
    onProgress?.(`downloading the modules of kernel ${packages.release}`);
    await installParts(apt, packages.modules, packages, directory, keepModules);
  }
  const record = join(cache, `${name}.json`);
  await writeFile(`${record}.new`, `${JSON.stringify({ schema: "corral.vm-kernel/1", ...packages }, null, 2)}\n`);
  await rename(`${record}.new`, record);
  return await preparedAt(directory, packages, options);
}

/** Temporary directories of downloads whose Corral was killed; the caller holds the download lock. */
async function removeAbandoned(cache: string): Promise<void> {
  const abandoned = (await readdir(cache)).filter((entry) => /^(apt|unpack)-/.test(entry));
  await Promise.all(abandoned.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}

async function resolvePackages(apt: PrivateApt, suite: string): Promise<KernelPackages> {
  const [meta] = await apt.show(metapackage);
  const imageName = meta === undefined ? null : imagePackageOf(meta);
  const [image] = imageName === null ? [] : await apt.show(imageName);
  const packages = image === undefined ? null : planKernelPackages(image);
  if (packages !== null) return packages;
  throw new CorralError("VM_UNAVAILABLE", `Debian ${suite} offers no cloud kernel for amd64`, {
    object: metapackage,
    found: meta === undefined ? "no such package" : `a dependency on ${meta["depends"] ?? "nothing"}`,
    fix: "try again later or give the path of a kernel",
  });
}

type KeepPart = (unpacked: string, release: string, destination: string) => Promise<void>;

/** Unpacks packages next to their destination, keeps what is wanted, drops the rest. */
async function installParts(
  apt: PrivateApt,
  names: readonly string[],
  { version, release }: KernelPackages,
  destination: string,
  keep: KeepPart,
): Promise<void> {
  await mkdir(destination, { recursive: true });
  const unpacked = await mkdtemp(join(dirname(destination), "unpack-"));
  try {
    await apt.unpack(names, version, unpacked);
    await keep(unpacked, release, destination);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** The kernel last: with it the directory counts as complete. */
async function keepImage(unpacked: string, release: string, destination: string): Promise<void> {
  await keepEarlyModules(unpacked, destination);
  await keepVmlinux(unpacked, release, destination);
}

/** Where virtiofs is a module, it and what it needs; an image that has it built in comes without modules, or without this one. */
async function keepEarlyModules(unpacked: string, destination: string): Promise<void> {
  const files = await readdir(unpacked, { recursive: true });
  const paths = earlyModules.map((name) => files.find((file) => file.endsWith(`/${name}.ko`)));
  if (paths.at(-1) === undefined) return;
  const fresh = join(destination, "early.new");
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  const present = paths.filter((path) => path !== undefined);
  await Promise.all(present.map((path, order) => copyFile(join(unpacked, path), join(fresh, earlyModuleFile(order)))));
  await rename(fresh, join(destination, "early"));
}

async function keepVmlinux(unpacked: string, release: string, destination: string): Promise<void> {
  const inBoot = join(unpacked, "boot", `vmlinuz-${release}`);
  const path = (await exists(inBoot)) ? inBoot : join(unpacked, "usr/lib/modules", release, "vmlinuz");
  const vmlinux = await extractVmlinux(await readFile(path), path);
  await writeFile(join(destination, "vmlinux.new"), vmlinux);
  await rename(join(destination, "vmlinux.new"), join(destination, "vmlinux"));
}

/** Modules stay compressed; depmod writes the indexes that modprobe needs and Debian's packages lack. */
async function keepModules(unpacked: string, release: string, destination: string): Promise<void> {
  const fresh = join(destination, "modules.new");
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(fresh, "lib/modules"), { recursive: true });
  const inUsr = join(unpacked, "usr/lib/modules", release);
  const from = (await exists(inUsr)) ? inUsr : join(unpacked, "lib/modules", release);
  await rename(from, join(fresh, "lib/modules", release));
  await runTool("depmod", ["--basedir", fresh, release]);
  await rename(fresh, join(destination, "modules"));
}

async function readCached(name: KernelName, options: PrepareOptions): Promise<PreparedKernel | null> {
  const packages = await readRecord(name);
  if (packages === null) return null;
  const directory = join(await makeCacheDirectory("kernels"), packages.version);
  const needed = options.modules === true ? ["vmlinux", "modules"] : ["vmlinux"];
  const present = await Promise.all(needed.map((part) => exists(join(directory, part))));
  return present.includes(false) ? null : await preparedAt(directory, packages, options);
}

/** What was resolved for this name last time; anything unreadable counts as nothing. */
async function readRecord(name: KernelName): Promise<KernelPackages | null> {
  try {
    return JSON.parse(
      await readFile(join(await makeCacheDirectory("kernels"), `${name}.json`), "utf8"),
    ) as KernelPackages;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

async function preparedAt(
  directory: string,
  { release, version }: KernelPackages,
  { modules }: PrepareOptions,
): Promise<PreparedKernel> {
  const modulesRoot = modules === true ? join(directory, "modules") : null;
  const early = join(directory, "early");
  const earlyModulesOrNull = (await exists(early)) ? early : null;
  return { image: join(directory, "vmlinux"), release, version, modulesRoot, earlyModules: earlyModulesOrNull };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
