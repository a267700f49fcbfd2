/** One package as apt describes it: field names in lower case. */
export type PackageRecord = Readonly<Record<string, string>>;

/** The packages that make up one kernel of Debian's cloud flavour. */
export interface KernelPackages {
  readonly version: string;
  /** `uname -r` of the kernel. */
  readonly release: string;
  /** Carries the compressed kernel. */
  readonly image: string;
  /** What the modules are spread over; the image itself up to Debian 13. */
  readonly modules: readonly string[];
}

/** The metapackage that always depends on the suite's newest cloud kernel. */
export const metapackage = "linux-image-cloud-amd64";

/** Parses the output of `apt-cache show`: stanzas of `Field: value`, continuation lines dropped. */
export function parsePackageRecords(text: string): PackageRecord[] {
  return text
    .split(/\n\s*\n/)
    .map((stanza) => Object.fromEntries(stanza.split("\n").flatMap(parseField)))
    .filter((record) => "package" in record);
}

/** Name of the newest kernel's image package, from the metapackage's record. */
export function imagePackageOf(meta: PackageRecord): string | null {
  return dependencyNames(meta).find((name) => /^linux-image-\d.*-cloud-amd64$/.test(name)) ?? null;
}

/**
 * Where the kernel and its modules are. Up to Debian 13 the image package holds both; later it is
 * empty and depends on linux-binary, linux-base (the module indexes) and linux-modules.
 */
export function planKernelPackages(image: PackageRecord): KernelPackages | null {
  const name = image["package"];
  const version = image["version"];
  if (name === undefined || version === undefined) return null;
  const release = name.replace(/^linux-image-/, "");
  const dependencies = dependencyNames(image);
  const binary = `linux-binary-${release}`;
  if (!dependencies.includes(binary)) return { version, release, image: name, modules: [name] };
  const modules = [`linux-base-${release}`, `linux-modules-${release}`].filter((part) => dependencies.includes(part));
  return { version, release, image: binary, modules };
}

/**
 * The Debian mirror a host is set up for, from the texts of its sources files; null when it uses
 * none, or only in a form that names no single server (mirror+file:, cdrom:).
 */
export function findDebianMirror(sources: readonly string[]): string | null {
  const addresses = sources.flatMap((text) => [...oneLineAddresses(text), ...stanzaAddresses(text)]);
  return addresses.find((address) => /^https?:\/\/[^\s]+\/debian\/?$/.test(address))?.replace(/\/$/, "") ?? null;
}

function parseField(line: string): [string, string][] {
  const match = /^([A-Za-z0-9-]+): *(.*)$/.exec(line);
  return match === null ? [] : [[(match[1] ?? "").toLowerCase(), match[2] ?? ""]];
}

function dependencyNames(record: PackageRecord): string[] {
  return (record["depends"] ?? "").split(",").map((entry) => entry.trim().split(/[\s:(|]/, 1)[0] ?? "");
}

function oneLineAddresses(text: string): string[] {
  return [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+\s/gm)].map((match) => match[1] ?? "");
}

function stanzaAddresses(text: string): string[] {
  return [...text.matchAll(/^URIs:\s*(.+)$/gim)].flatMap((match) => (match[1] ?? "").trim().split(/\s+/));
}
