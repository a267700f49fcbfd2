import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { AgentMessage, ControlMessage } from "../../src/fleet/model/index.ts";
import { dialAgents } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDialer, FleetStream } from "../../src/fleet/transport/index.ts";
import { transportLimits } from "../../src/fleet/transport/index.ts";
import { medianRatio, nowMs, sleep, summarize } from "../lib/measure.ts";
import { fixed } from "../lib/print.ts";
import type { EchoAddresses } from "./echoes.ts";
import { echoMethod } from "./echoes.ts";
import type { PartResult } from "./part.ts";
import { startServer } from "./part.ts";

/** Connections, each with one stream, and messages under way on each. */
const streams = 8;
const outstanding = 16;
/** As large as an answer to a ping. */
const echoBytes = 40;
const sampleMs = 1500;

/** A stream that asks, and asks again for every answer, as long as it may. */
interface Asker {
  stop(): void;
}

/** Counts answers. */
interface Tally {
  answers: number;
}

function askBarely(target: string, tally: Tally): Asker {
  const client = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const { path, requestSerialize, responseDeserialize } = echoMethod;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata(), {});
  const message = Buffer.alloc(echoBytes, 1);
  let goesOn = true;
  call.on("data", () => {
    tally.answers += 1;
    if (goesOn) call.write(message);
  });
  call.on("error", () => {});
  for (let at = 0; at < outstanding; at += 1) call.write(message);
  const stop = (): void => {
    goesOn = false;
    call.end();
    call.once("end", () => client.close());
  };
  return { stop };
}

function askAgent(dialer: AgentDialer, target: string, tally: Tally): Asker {
  let [goesOn, id] = [true, 0n];
  const ask = (stream: FleetStream<ControlMessage>): void => {
    id += 1n;
    stream.send({ kind: "ping", id, sentNs: process.hrtime.bigint() });
  };
  const stream = dialer.open(target, {
    opened: () => {
      for (let at = 0; at < outstanding; at += 1) ask(stream);
    },
    message: (message: AgentMessage) => {
      if (message.kind !== "pong") return;
      tally.answers += 1;
      if (goesOn) ask(stream);
    },
    garbled: (what) => {
      throw new Error(what);
    },
    ended: () => {},
  });
  const stop = (): void => {
    goesOn = false;
    stream.cut("the sample is over");
  };
  return { stop };
}

/** Answers a second, once the streams are under way. */
async function sample(open: (tally: Tally) => Asker): Promise<number> {
  const tally: Tally = { answers: 0 };
  const askers = Array.from({ length: streams }, () => open(tally));
  const openMs = nowMs();
  while (tally.answers < streams * outstanding) {
    if (nowMs() - openMs > 30_000) throw new Error(`${tally.answers} answers within 30 s`);
    await sleep(10);
  }
  const [beganMs, before] = [nowMs(), tally.answers];
  await sleep(sampleMs);
  const rate = (tally.answers - before) / ((nowMs() - beganMs) / 1000);
  for (const asker of askers) asker.stop();
  // What is still under way shall not be the next one's burden.
  await sleep(200);
  return rate;
}

/** How many messages a second streams carry there and back: a bare echo of bytes, and pings that agents answer. */
export async function measureThroughput(rounds: number): Promise<PartResult> {
  const { child, told } = await startServer("echoes");
  const { bare, ours } = told as EchoAddresses;
  await using dialer = dialAgents({
    security: { tls: null, token: null, insecure: true },
    limits: transportLimits,
  });
  const rates: { readonly bare: number[]; readonly ours: number[] } = { bare: [], ours: [] };
  // The first round warms both, and is dropped.
  for (let round = -1; round < rounds; round += 1) {
    const ofBare = await sample((tally) => askBarely(bare, tally));
    const ofOurs = await sample((tally) => askAgent(dialer, ours, tally));
    if (round < 0) continue;
    rates.bare.push(ofBare);
    rates.ours.push(ofOurs);
  }
  child.disconnect();
  const [ofBare, ofOurs] = [summarize(rates.bare), summarize(rates.ours)];
  const ratio = medianRatio(rates.ours, rates.bare);
  return {
    // 0.8 of a bare echo at least.
    targets: [{ name: "echoes of bare @grpc/grpc-js ÷ pings that agents answer", value: 1 / ratio, limit: 1.25 }],
    notes: [
      `ours ÷ bare: ${fixed(ratio)} (0.8 wanted), the median of ${rounds} rounds`,
      `a second there and back: bare ${fixed(ofBare.median, 0)} (${fixed(ofBare.p10, 0)}–${fixed(ofBare.p90, 0)}), ours ${fixed(ofOurs.median, 0)} (${fixed(ofOurs.p10, 0)}–${fixed(ofOurs.p90, 0)})`,
    ],
  };
}
