import { parentPort, workerData } from "node:worker_threads";
import type { FromThread, ProtectorStart, ToThread } from "./messages.ts";
import { ProtectionLoop } from "./protection-loop.ts";

/*
 * The program of the thread that protects memory: whatever the main thread does, this one looks and acts on time. It is a file of
 * its own in dist/.
 */

const statusEveryMs = 500;
const port = parentPort;
if (port === null) throw new Error("this is a worker thread's program");
const tell = (message: FromThread): void => port.postMessage(message);

const loop = new ProtectionLoop(workerData as ProtectorStart, {
  onKill: (group) => tell({ kind: "kill", group }),
  onDecision: (decision) => tell({ kind: "decision", decision }),
});

const tellStatus = (): void => tell({ kind: "status", status: loop.status() });
const telling = setInterval(tellStatus, statusEveryMs);
tellStatus();

port.on("message", (message: ToThread) => {
  if (message.kind === "places") loop.setPlaces(message.places);
  else if (message.kind === "settings") loop.setSettings(message.settings);
  else {
    clearInterval(telling);
    void end();
  }
});

async function end(): Promise<void> {
  tell({ kind: "closed", failed: await loop.close() });
  port?.close();
}
