import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../../src/kernel/index.ts";
import type { Bench } from "./bench.ts";
import type { Reason } from "./requires.ts";
import { program, root } from "./requires.ts";

/** What is between a host and the others. What is left out stays as it was. */
export interface Weather {
  /** Milliseconds that frames take from it, and to it. */
  readonly delayMs?: readonly [out: number, into: number];
  /** Up to so much is added to each: frames overtake each other. */
  readonly jitterMs?: number;
  /** Part of the frames, in either direction, that is lost. */
  readonly loss?: number;
  /** Nothing gets through, and nobody is told. */
  readonly cut?: boolean;
}

/** Frames so far: what a test of a bad network must have seen for it to be one. */
export interface Frames {
  readonly passed: number;
  readonly lost: number;
  readonly cut: number;
}

/** A network namespace with an address on the network. */
export interface NetworkHost {
  readonly address: string;
  /** Programs before a command that is to run there. */
  readonly wrap: readonly string[];
}

/** Hosts that reach each other over a network with weather, and nobody else. */
export interface Network {
  readonly hosts: readonly NetworkHost[];
  change(host: number, weather: Weather): Promise<Frames>;
  close(): Promise<void>;
}

type Told =
  | { readonly missing: string }
  | { readonly hosts: readonly { readonly address: string; readonly namespace: string }[] };

/** What hosts need that a machine may not have. */
function missing(): Reason {
  const tun = existsSync("/dev/net/tun") ? null : "there is no /dev/net/tun";
  return [root(), program("python3"), program("ip"), program("nsenter"), tun].find((one) => one !== null) ?? null;
}

/**
 * Makes a network of hosts, numbered from 0, each in a namespace of its own; the machine's own network is left alone. They end
 * with `close`, and with this process. @returns why there can be none
 */
export async function openNetwork(bench: Bench, count: number): Promise<Network | string> {
  const why = missing();
  if (why !== null) return why;
  const fixture = path.join(packageRoot(), "test/host/fixtures/network.py");
  const child = spawn("python3", [fixture, String(count)], { env: bench.env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const readLine = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the network has ended");
    return JSON.parse(value);
  };
  const told = (await readLine()) as Told;
  if ("missing" in told) return `hosts on a network cannot be made: ${told.missing}`;
  // Answers come in the order of the changes.
  let last: Promise<unknown> = Promise.resolve();
  return {
    hosts: told.hosts.map(({ address, namespace }) => ({ address, wrap: ["nsenter", `--net=${namespace}`] })),
    change: (host, { delayMs, jitterMs, loss, cut }) => {
      child.stdin.write(`${JSON.stringify({ host, delay_ms: delayMs, jitter_ms: jitterMs, loss, cut })}\n`);
      const answer = last.then(() => readLine()) as Promise<Frames>;
      last = answer;
      return answer;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
