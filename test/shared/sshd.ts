import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Bench } from "./bench.ts";
import type { Reason } from "./requires.ts";
import { until } from "./timing.ts";

/** One host that ssh can go to: all of them are this machine, each with a home of its own. */
export interface SshHost {
  /** `127.0.0.1:PORT` */
  readonly name: string;
  readonly home: string;
}

/** An sshd of the test's own, with keys, configuration and homes below its directory. */
export interface TestSshd {
  readonly hosts: readonly SshHost[];
  /** Flags by which the commands reach it. */
  readonly flags: readonly string[];
  /** The same with another key, which it does not know. */
  readonly strangerFlags: readonly string[];
}

/** Where sshd, as root, shuts in what talks to strangers. */
const separationDirectory = "/run/sshd";

/** sshd wants to be called by its whole path. */
const program = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].find((one) => existsSync(one)) ?? null;

export const sshd = (): Reason => (program === null ? "sshd is not installed" : null);

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  return Promise.all(
    servers.map((server) => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      return new Promise<number>((resolve) => {
        server.close(() => resolve(port));
      });
    }),
  );
}

const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString("latin1").startsWith("SSH-2.0"));
    });
    socket.once("error", () => resolve(false));
  });

/** What a login runs in place of the user's shell: a home of the test's, noise as of a start-up file, then what was asked for. */
function writeLogin(file: string, home: string, bench: Bench): void {
  const { CORRAL_STATE_DIR, CORRAL_CGROUP_PARENT, CORRAL_TEST_MARK } = bench.env;
  const variables = { HOME: home, CORRAL_STATE_DIR, CORRAL_CGROUP_PARENT, CORRAL_TEST_MARK };
  const assignments = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  const script = `#!/bin/sh
${assignments.join("")}export PATH="${path.dirname(process.execPath)}:$PATH"
cd "$HOME" || exit 1
printf 'Welcome!\\ncorral is here'
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`;
  writeFileSync(file, script, { mode: 0o755 });
}

function makeKey(file: string): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "corral test", "-f", file]);
  return readFileSync(`${file}.pub`, "utf8");
}

/** It stays: another test's sshd may have begun to use it, and whoever starts the system's makes it, too. */
function makeSeparationDirectory(): void {
  if (process.getuid?.() === 0) mkdirSync(separationDirectory, { mode: 0o755, recursive: true });
}

/** Starts it; it ends with the test. */
export async function startSshd(t: TestContext, bench: Bench, count: number): Promise<TestSshd> {
  const directory = bench.fresh("sshd");
  mkdirSync(directory, { mode: 0o700 });
  const file = (name: string): string => path.join(directory, name);
  const [hostKey, known] = [makeKey(file("host_key")), makeKey(file("user_key"))];
  makeKey(file("stranger_key"));
  writeFileSync(file("authorized_keys"), known);
  const ports = await freePorts(count);
  writeFileSync(file("known_hosts"), ports.map((port) => `[127.0.0.1]:${port} ${hostKey}`).join(""));
  const hosts = ports.map((port, index) => {
    const home = file(`home-${index}`);
    mkdirSync(home);
    chmodSync(home, 0o755);
    writeLogin(file(`login-${index}`), home, bench);
    return { name: `127.0.0.1:${port}`, home };
  });
  const settings = [
    ...ports.map((port) => `ListenAddress 127.0.0.1:${port}`),
    `HostKey ${file("host_key")}`,
    `AuthorizedKeysFile ${file("authorized_keys")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    "PrintMotd no",
    "MaxStartups 100",
    ...ports.flatMap((port, index) => [`Match LocalPort ${port}`, `  ForceCommand ${file(`login-${index}`)}`]),
  ];
  writeFileSync(file("sshd_config"), `${settings.join("\n")}\n`);

  makeSeparationDirectory();
  const log = file("sshd.log");
  const daemon = spawn(program ?? "sshd", ["-D", "-E", log, "-f", file("sshd_config")], { stdio: "ignore" });
  const gone = new Promise((resolve) => daemon.once("exit", resolve));
  t.after(async () => {
    daemon.kill("SIGTERM");
    await gone;
  });
  const read = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  await until("sshd answers", async () => {
    if (daemon.exitCode !== null) throw new Error(`sshd has ended with ${daemon.exitCode}: ${read()}`);
    return greets(ports[0] ?? 0);
  });
  const flagsWith = (key: string): readonly string[] =>
    [
      "IdentitiesOnly=yes",
      `IdentityFile=${file(key)}`,
      `UserKnownHostsFile=${file("known_hosts")}`,
      "GlobalKnownHostsFile=none",
      "StrictHostKeyChecking=yes",
      `User=${userInfo().username}`,
    ].flatMap((option) => ["--ssh-option", option]);
  return {
    hosts,
    flags: flagsWith("user_key"),
    strangerFlags: flagsWith("stranger_key"),
  };
}
