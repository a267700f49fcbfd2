import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CorralError, errnoOf, pathGlob } from "../../report/index.ts";
import { tarOf } from "./tar.ts";

/** A package as it is sent to hosts. */
export interface PackageArchive {
  readonly version: string;
  /** Name of its directory on a host: the version, and what tells two builds of one version apart. */
  readonly release: string;
  /** A compressed tar. */
  readonly bytes: Buffer;
  /** Of these bytes. */
  readonly sha256: string;
  readonly unpackedBytes: number;
  /** What `uname -m` says where there are native pieces for the host. */
  readonly machines: readonly string[];
  /** The oldest Node that runs it, as major and minor. */
  readonly oldestNode: readonly [number, number];
  /** The unit of an agent that it has. */
  readonly unit: string;
}

interface Manifest {
  readonly version: string;
  readonly files: readonly string[];
  readonly engines: { readonly node: string };
}

/** What npm adds to the files that a manifest names. */
const always = /^(package\.json|readme|licen[cs]e)(\.[^.]*)?$/i;
/** Directories below prebuilds/ by the machine they are for. */
const machineOf: Readonly<Record<string, string>> = { "linux-x64": "x86_64", "linux-arm64": "aarch64" };

const manifestOf = (root: string): Manifest => JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/**
 * The files that npm would pack, as `files` of the manifest says: directories and files, and with ! what is left out.
 * @returns paths relative to the package, sorted by bytes
 */
export function listPackageFiles(root: string): readonly string[] {
  const { files } = manifestOf(root);
  const unwanted = files.flatMap((one) => (one.startsWith("!") ? [pathGlob(`/${one.slice(1)}`)] : []));
  const below = (path: string): string[] => {
    const full = join(root, path);
    if (!existsSync(full)) return [];
    if (!statSync(full).isDirectory()) return [path];
    return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return below(`${path}/${entry.name}`);
      return entry.isFile() ? [`${path}/${entry.name}`] : [];
    });
  };
  const named = files.filter((one) => !one.startsWith("!")).flatMap(below);
  const all = [...readdirSync(root).filter((name) => always.test(name)), ...named];
  return [...new Set(all)].filter((path) => !unwanted.some((fits) => fits(`/${path}`))).sort();
}

function oldestNodeOf({ engines }: Manifest): readonly [number, number] {
  const [, major = "20", minor = "0"] = /(\d+)(?:\.(\d+))?/.exec(engines.node) ?? [];
  return [Number(major), Number(minor)];
}

/**
 * Packs the package whose directory this is.
 * @throws CorralError NATIVE_MISSING when it is not whole
 */
export function packArchive(root: string): PackageArchive {
  const manifest = manifestOf(root);
  try {
    const files = listPackageFiles(root).map((path) => ({
      path,
      mode: (statSync(join(root, path)).mode & 0o111) === 0 ? 0o644 : 0o755,
      content: readFileSync(join(root, path)),
    }));
    const tar = tarOf(files);
    const bytes = gzipSync(tar);
    const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
    return {
      version: manifest.version,
      release: `${manifest.version}-${digest(tar).slice(0, 12)}`,
      bytes,
      sha256: digest(bytes),
      unpackedBytes: tar.length,
      machines: readdirSync(join(root, "prebuilds")).flatMap((name) => machineOf[name] ?? []),
      oldestNode: oldestNodeOf(manifest),
      unit: readFileSync(join(root, "systemd/corral-agent.service"), "utf8"),
    };
  } catch (cause) {
    throw new CorralError("NATIVE_MISSING", `the package in ${root} is not whole: ${errnoOf(cause) ?? String(cause)}`, {
      object: root,
      fix: "run npm run setup in a checkout; reinstall a package",
      cause,
    });
  }
}
