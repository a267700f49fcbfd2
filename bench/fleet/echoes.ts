import { once } from "node:events";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { openManyAgents } from "./simulated-agents.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

/** Streams there may be. */
const most = 1000;

/** A method of streams of bytes, without a codec. */
export const echoMethod = {
  path: "/bench.Echo/Echo",
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
} as const;

/** Where the two servers listen. */
export interface EchoAddresses {
  readonly bare: string;
  readonly ours: string;
}

async function serveBare(): Promise<string> {
  const server = new Server();
  server.addService(
    { echo: echoMethod },
    {
      echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on("data", (bytes: Buffer) => call.write(bytes));
        call.on("end", () => call.end());
        call.on("error", () => {});
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return `127.0.0.1:${port}`;
}

/** Serves a bare echo, and agents whose answers to pings are ours, to the parent. */
export async function serveEchoes(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const bare = await serveBare();
  const isOver = async (): Promise<void> => void (await once(process, "message"));
  const { address: ours } = await openManyAgents(most, isOver());
  process.send?.({ bare, ours } satisfies EchoAddresses);
}
