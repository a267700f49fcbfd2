import { after, test } from "node:test";
import { dialAgents } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDialer, TransportLimits } from "../../src/fleet/transport/index.ts";
import { dialOverNats, parseBrokerAddress } from "../../src/fleet/transport/nats/index.ts";
import { natsServer, startNatsServer } from "./nats-server.ts";

/** What carries the messages of a fleet in a suite: each suite that starts agents by it can run over every one. */
export interface FleetWire {
  /** How long the death of an agent, or of a controller, may not be known to the other side. */
  readonly lossMs: number;
  /** Flags of a controller that finds agents by `placeOf`. */
  readonly controllerFlags: readonly string[];
  /** Flags of an agent; `at`: where another one was. */
  agentFlags(at?: string): readonly string[];
  /** Where controllers find an agent with these flags; undefined: it has not said so yet. */
  placeOf(flags: readonly string[], out: string, err: string): string | undefined;
  /** A controller without a token. */
  dialer(limits: TransportLimits): AgentDialer;
}

const nobody = { tls: null, token: null, insecure: false };

const overGrpc: FleetWire = {
  lossMs: 0,
  controllerFlags: [],
  agentFlags: (at = "127.0.0.1:0") => ["--listen", at],
  placeOf: (_flags, out) => /^(?:listening on|going to) (\S+)$/m.exec(out)?.[1],
  dialer: (limits) => dialAgents({ security: nobody, limits }),
};

let names = 0;

/** A name that no other agent of the tests has. */
function nextName(): string {
  names += 1;
  return `host-${process.pid}-${names}.test`;
}

/** A broker's: agents are found by their names. */
export function natsWire(url: string): FleetWire {
  return {
    lossMs: 8000,
    controllerFlags: ["--nats", url],
    agentFlags: (at = nextName()) => ["--nats", url, "--name", at],
    placeOf: (flags, _out, err) => (err.includes('"event":"joined"') ? flags[flags.indexOf("--name") + 1] : undefined),
    dialer: (limits) =>
      dialOverNats({
        address: parseBrokerAddress(url),
        fleet: "default",
        name: "a test",
        security: nobody,
        credentials: null,
        limits,
      }),
  };
}

let wire = overGrpc;

/** From here on agents are started on this one. */
export const useWire = (one: FleetWire): void => {
  wire = one;
};

/** The one of this suite. */
export const fleetWire = (): FleetWire => wire;

/** Runs the suite that is loaded next over a broker of its own. @returns false where there can be none, which is told */
export async function useNats(): Promise<boolean> {
  if (natsServer !== null) {
    test("over a broker", (t) => t.skip(natsServer ?? ""));
    return false;
  }
  const server = await startNatsServer();
  after(() => server.remove());
  wire = natsWire(server.url);
  return true;
}
