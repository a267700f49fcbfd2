import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CorralError } from "../../../report/index.ts";
import type { ChildEnd, OwnProgram } from "./corral-child.ts";
import { startCorral } from "./corral-child.ts";

/** A policy of its own for one workload. */
export interface Controller {
  readonly csvPath: string;
  /** Tells it to end and waits until it has. */
  stop(): Promise<ChildEnd>;
}

export interface ControllerOptions {
  readonly own: OwnProgram;
  readonly directory: string;
  readonly socket: string;
  readonly delaySec: number;
  readonly quiet: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Events that a quiet log keeps. */
const essential = new Set(["started", "warning", "lost", "stopped"]);

const eventOf = (line: string): string | null => {
  try {
    const document = JSON.parse(line) as { readonly event?: unknown };
    return typeof document.event === "string" ? document.event : null;
  } catch {
    return null;
  }
};

/**
 * Starts the classic policy and waits until it says that it has begun.
 * @throws CorralError START_FAILED when it ends instead
 */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { own, directory, socket, delaySec, quiet, env } = options;
  const logPath = join(directory, "controller.log");
  const csvPath = join(directory, "controller.csv");
  const args = ["policy", "run", "--delay-sec", String(delaySec), "--csv", csvPath, "--sock-path", socket, "--json"];
  const child = startCorral(own, [...args, ...(quiet ? ["--quiet"] : [])], { stdout: null, stderr: logPath, env });
  let begin = (): void => {};
  const begun = new Promise<null>((resolve) => {
    begin = () => resolve(null);
  });
  const lines = createInterface({ input: child.process.stdout as NodeJS.ReadableStream });
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  lines.on("line", (line) => {
    const event = eventOf(line);
    if (!quiet || event === null || essential.has(event)) appendFileSync(logPath, `${line}\n`, { mode: 0o640 });
    if (event === "started") begin();
  });
  const ended = await Promise.race([begun, child.end]);
  if (ended !== null)
    throw new CorralError("START_FAILED", `the controller ended at once (${ended.signal ?? `status ${ended.code}`})`, {
      object: "controller.log",
      fix: "see controller.log",
    });
  return {
    csvPath,
    async stop() {
      child.process.kill("SIGINT");
      const end = await child.end;
      await read;
      return end;
    },
  };
}
