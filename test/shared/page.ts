import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";

/** Asks for a page of who serves on a unix socket. */
export async function page(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  const asked = request({ socketPath, path, agent: false });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") };
}
