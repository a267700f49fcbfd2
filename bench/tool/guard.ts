import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GuardClient } from "../../src/guard/client/index.ts";
import { packageRoot } from "../../src/kernel/index.ts";
import { sleep } from "../lib/measure.ts";

/** A guard of our own, warm. */
export interface BenchGuard {
  readonly socket: string;
  /** Directory of the group that calls are made below. */
  readonly tools: string;
  /** Names of controllers that it does without. */
  readonly missing: readonly string[];
  end(): Promise<void>;
}

const session = "bench";

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let attempt = 0; !(await holds()); attempt += 1) {
    if (attempt === 600) throw new Error("the guard did not begin in time");
    await sleep(100);
  }
};

/**
 * @param root directory of its root group, which nobody else has
 * @param keys further lines of its file
 */
export async function startGuard(scratch: string, root: string, ...keys: readonly string[]): Promise<BenchGuard> {
  const config = path.join(scratch, "guard.yaml");
  const socket = path.join(scratch, "guard.sock");
  writeFileSync(config, ["version: 1", `sessions: [{ name: ${session} }]`, ...keys, ""].join("\n"));
  const state = path.join(scratch, "guard-state");
  mkdirSync(state);
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  const words = ["dist/corral.cjs", "guard", "--cgroup-root", root, "--config", config, "--socket", socket, "--quiet"];
  const child = spawn(process.execPath, words, {
    cwd: packageRoot(),
    // On a hybrid host a guard is refused, and rightly: no limit would hold. What its calls cost can be seen all the same.
    env: { ...environment, CORRAL_STATE_DIR: state, CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const client = new GuardClient({ socket });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the guard ended: ${stderr}`);
    return client.session(session).then(
      () => true,
      () => false,
    );
  });
  const { missing } = await client.status();
  client.close();
  return {
    socket,
    tools: `${root}/${session}/tools`,
    missing,
    end: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Words that every variant of a call has. */
export const callFlags = ({ socket }: BenchGuard): readonly string[] => ["--session", session, "--socket", socket];

/** What the stand-in for bash finds its guard by. */
export const shimEnvironment = ({ socket }: BenchGuard): Readonly<Record<string, string>> => ({
  CORRAL_SESSION: session,
  CORRAL_GUARD_SOCKET: socket,
});
