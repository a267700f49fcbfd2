import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { CorralError } from "../src/report/index.ts";
import { findDebianMirror, type PackageRecord, parsePackageRecords } from "./debian-packages.ts";
import { keyringPaths } from "./requirements.ts";
import { runTool } from "./tool.ts";

const defaultMirror = "http://deb.debian.org/debian";

/**
 * apt with everything of its own in one temporary directory: it verifies signatures and checksums
 * as the host's does, but reads neither the host's lists nor its hooks and changes nothing of it.
 * Only the host's Debian mirror and its settings for reaching it are taken over.
 */
export class PrivateApt implements AsyncDisposable {
  readonly #directory: string;
  readonly #signal: AbortSignal | undefined;

  private constructor(directory: string, signal: AbortSignal | undefined) {
    this.#directory = directory;
    this.#signal = signal;
  }

  /**
   * Downloads the package lists of a suite.
   * @param parent directory on a file system with 100 MB to spare
   * @throws {CorralError} VM_UNAVAILABLE when the network, a signature or apt itself fails
   */
  static async open(parent: string, suite: string, signal?: AbortSignal): Promise<PrivateApt> {
    const apt = new PrivateApt(await mkdtemp(join(parent, "apt-")), signal);
    try {
      await apt.#configure(suite);
      // Without this option apt-get update succeeds when nothing could be downloaded.
      await apt.#run("apt-get", ["-o", "APT::Update::Error-Mode=any", "update"]);
      return apt;
    } catch (error) {
      await apt[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Every version of a package that the suite has, the newest first; empty when it has none. */
  async show(name: string): Promise<PackageRecord[]> {
    const { stdout } = await this.#run("apt-cache", ["show", name], [100]);
    return parsePackageRecords(stdout.toString("utf8"));
  }

  /**
   * Downloads, verifies and unpacks packages of one version.
   * @param into directory that receives the packages' files
   */
  async unpack(names: readonly string[], version: string, into: string): Promise<void> {
    const downloads = join(this.#directory, "downloads");
    await mkdir(downloads, { recursive: true });
    await this.#run("apt-get", ["download", ...names.map((name) => `${name}=${version}`)], [], downloads);
    for (const file of await readdir(downloads)) {
      await runTool("dpkg-deb", ["--extract", join(downloads, file), into], { signal: this.#signal });
    }
    await rm(downloads, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #configure(suite: string): Promise<void> {
    const keyring = keyringPaths.find((path) => existsSync(path));
    if (keyring === undefined) {
      throw new CorralError("VM_UNAVAILABLE", "Debian's signing keys are not on this host", {
        object: keyringPaths[0],
        fix: "install it: apt-get install debian-archive-keyring",
      });
    }
    const directory = this.#directory;
    await mkdir(join(directory, "state/lists/partial"), { recursive: true });
    await mkdir(join(directory, "cache/archives/partial"), { recursive: true });
    const mirror = findDebianMirror(await readHostSources()) ?? defaultMirror;
    await writeFile(join(directory, "status"), "");
    await writeFile(join(directory, "sources.list"), `deb [arch=amd64 signed-by=${keyring}] ${mirror} ${suite} main\n`);
    await writeFile(
      join(directory, "apt.conf"),
      renderAptConfig(directory, userInfo().username, await readHostTransport()),
    );
  }

  #run(
    program: string,
    args: readonly string[],
    accept: readonly number[] = [],
    cwd = this.#directory,
  ): ReturnType<typeof runTool> {
    const env = { APT_CONFIG: join(this.#directory, "apt.conf") };
    return runTool(program, ["--quiet=2", ...args], { cwd, env, accept, signal: this.#signal });
  }
}

/** apt's configuration: private directories, no host configuration, amd64 only. */
export function renderAptConfig(directory: string, user: string, transport: readonly string[]): string {
  const settings: Record<string, string> = {
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::sourcelist": `${directory}/sources.list`,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State": `${directory}/state`,
    "Dir::State::status": `${directory}/status`,
    "Dir::Cache": `${directory}/cache`,
    "APT::Architecture": "amd64",
    "APT::Architectures": "amd64",
    "APT::Sandbox::User": user,
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
  };
  const own = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return `${[...transport, ...own].join("\n")}\n`;
}

/**
 * The host's settings for reaching its mirror, as configuration lines: proxy, TLS, and whether a
 * mirror that stands still counts as expired, which is the administrator's to say.
 */
async function readHostTransport(): Promise<string[]> {
  const { stdout } = await runTool("apt-config", ["dump", "--no-empty", "--format", '%F "%v";%n', "Acquire"]);
  return stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => /^Acquire::(https?::|Check-Valid-Until |Check-Date )/.test(line));
}

async function readHostSources(): Promise<string[]> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name));
  return Promise.all(["/etc/apt/sources.list", ...files].map((path) => readFile(path, "utf8").catch(() => "")));
}
