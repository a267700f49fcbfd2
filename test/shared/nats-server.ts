import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Reason } from "./requires.ts";
import { until } from "./timing.ts";

/** A broker on loopback, with a store of its own. */
export interface NatsServer {
  readonly host: string;
  /** Its address without a user. */
  readonly url: string;
  /** What it has said since it was started. */
  log(): string;
  /** Starts it again, with what it has kept. */
  start(): Promise<void>;
  /** Ends it; what it keeps stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it, and takes its store away. */
  remove(): Promise<void>;
}

const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"];
const program = folders.map((folder) => path.join(folder, "nats-server")).find(existsSync);

export const natsServer: Reason = program === undefined ? "nats-server is not installed" : null;

async function openProbe(): Promise<Server> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, "127.0.0.1", resolve));
  return probe;
}

/** Ports that nobody uses: a broker must come back to its own. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = await Promise.all(Array.from({ length: count }, openProbe));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

/** A server that can be started again, from a directory of its own. */
function makeServer(port: number, settings: string): NatsServer {
  const directory = mkdtempSync(path.join(tmpdir(), "corral-nats-"));
  const file = path.join(directory, "nats.conf");
  const store = path.join(directory, "store");
  mkdirSync(store);
  const own = [`listen: "127.0.0.1:${port}"`, "max_payload: 5MB", `jetstream { store_dir: "${store}" }`];
  writeFileSync(file, [...own, settings, ""].join("\n"));
  let child: ChildProcess | null = null;
  let said = "";
  const start = async (): Promise<void> => {
    // It is no process of a run: the mark of a bench does not belong to it.
    const { CORRAL_TEST_MARK: _, ...env } = process.env;
    const started = spawn(program ?? "", ["-c", file], { env, stdio: ["ignore", "ignore", "pipe"] });
    child = started;
    said = "";
    started.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    await until("the broker is ready", () => said.includes("Server is ready") || started.exitCode !== null);
    if (started.exitCode !== null) throw new Error(`nats-server has ended: ${said}`);
  };
  const stop = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await ended;
  };
  const remove = async (): Promise<void> => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { host: `127.0.0.1:${port}`, url: `nats://127.0.0.1:${port}`, log: () => said, start, stop, remove };
}

/** @param settings more lines of its configuration */
export async function startNatsServer(settings = ""): Promise<NatsServer> {
  const [port = 0] = await freePorts(1);
  const server = makeServer(port, settings);
  await server.start();
  return server;
}

/** Several that are one broker. */
export async function startNatsCluster(count: number): Promise<readonly NatsServer[]> {
  const ports = await freePorts(2 * count);
  const routes = ports.slice(count);
  const all = routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ");
  const servers = routes.map((route, index) =>
    makeServer(
      ports[index] ?? 0,
      `server_name: "s${index}"\ncluster { name: "test", listen: "127.0.0.1:${route}", routes: [${all}] }`,
    ),
  );
  await Promise.all(servers.map((server) => server.start()));
  const isLed = (): boolean => servers.some((server) => server.log().includes("metadata leader"));
  await until("the servers have agreed on one", isLed, 60_000);
  return servers;
}
