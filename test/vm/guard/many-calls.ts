import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { sleep, until } from "../../shared/timing.ts";
import { type GuardUnderTest, groupNames, type Line, type Place, thinClient } from "./support.ts";

/** One way for a call to go; resolves with how its client ended. */
type Way = (index: number) => Promise<number | null>;

/** What came of many calls. */
export interface ManyCalls {
  /** How many went each way. */
  readonly made: Readonly<Record<string, number>>;
  /** How many of them ran out of memory. */
  readonly hogs: number;
  /** Ends that the guard told, by their reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

const clientsAtATime = 8;

interface Client {
  readonly args: readonly string[];
  /** When it is killed: as soon as its command has written something, or after so many milliseconds. */
  readonly kill?: "when it runs" | number;
}

/** How a call comes to be killed by the kernel for lack of memory. */
export interface MemoryHog {
  /** Of `corral tool run`. */
  readonly flags: readonly string[];
  /** For the shell: what is killed then. */
  readonly command: string;
}

function waysOf(guard: GuardUnderTest, shim: string, hog: MemoryHog | null): Readonly<Record<string, Way>> {
  const start = async ({ args, kill }: Client, file = thinClient()): Promise<number | null> => {
    const env = { ...process.env, CORRAL_SESSION: "many", CORRAL_GUARD_SOCKET: guard.socket };
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
    if (kill === "when it runs") child.stdout.once("data", () => child.kill("SIGKILL"));
    else child.stdout.resume();
    if (typeof kill === "number") {
      await sleep(kill);
      child.kill("SIGKILL");
    }
    return ended;
  };
  const tool = (...words: readonly string[]): readonly string[] => ["tool", "run", ...words];
  const shell = (script: string): readonly string[] => tool("--", "sh", "-c", script);
  const hogging = ({ flags, command }: MemoryHog, before: string): readonly string[] =>
    tool(...flags, "--", "sh", "-c", `${before}${command}; exit $?`);
  const expecting = async (status: number, client: Client, file?: string): Promise<number | null> => {
    const ended = await start(client, file);
    assert.equal(ended, status, client.args.join(" "));
    return ended;
  };
  const stays = "echo runs; exec sleep 600";
  return {
    plain: () => expecting(0, { args: tool("--", "true") }),
    background: () => expecting(0, { args: shell("setsid sleep 600 & sleep 600 & exit 0") }),
    "client killed": () => start({ args: shell(stays), kill: "when it runs" }),
    "client killed with children": () => start({ args: shell(`setsid sleep 600 & ${stays}`), kill: "when it runs" }),
    // Wherever that finds it: before it has asked, while it joins, while it runs.
    "client killed anywhere": (index) => start({ args: shell("exec sleep 600"), kill: index % 23 }),
    "command killed": () => expecting(137, { args: shell("sleep 600 & kill -KILL $$") }),
    "out of time": () => expecting(137, { args: tool("--hint", "time=50ms", "--", "sleep", "600") }),
    "no such command": () => expecting(127, { args: tool("--", "/no/such/command") }),
    "bash -c": () => expecting(4, { args: ["-lc", "sleep 600 & exit 4"] }, shim),
    ...(hog !== null && {
      "out of memory": () => expecting(137, { args: hogging(hog, "") }),
      "out of memory with children": () => expecting(137, { args: hogging(hog, "sleep 600 & setsid sleep 600 & ") }),
    }),
  };
}

const countBy = (lines: readonly Line[], key: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[String(line[key])] = (counts[String(line[key])] ?? 0) + 1;
  return counts;
};

/** The configuration that runManyCalls wants of a guard. */
export const manyCallsConfig = "version: 1\nsessions: [{ name: many, tools: { most_calls: 64 } }]\n";

/**
 * Makes calls in every way they can go, some at a time, and asserts that the guard has nothing left of them: no group, no
 * process, no call.
 * @param hog null: no limit of memory holds here
 */
export async function runManyCalls(
  guard: GuardUnderTest,
  place: Place,
  count: number,
  hog: MemoryHog | null,
): Promise<ManyCalls> {
  const shim = join(place.home, "bash");
  symlinkSync(thinClient(), shim);
  const ways = Object.entries(waysOf(guard, shim, hog));
  const made: Record<string, number> = {};
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const [name = "", way] = ways[index % ways.length] ?? [];
      made[name] = (made[name] ?? 0) + 1;
      await way?.(index);
    }
  };
  await Promise.all(Array.from({ length: clientsAtATime }, client));
  const tools = `${guard.root}/many/tools`;
  await until("all groups of calls to go", () => groupNames(tools).length === 0, 60_000);
  const named = (event: string): readonly Line[] => guard.lines.filter((line) => line.event === event);
  const callsOf = (event: string): Set<unknown> => new Set(named(event).map((line) => line["call"]));
  const started = callsOf("TOOL_STARTED");
  await until("every call to be told ended", () => {
    const ended = callsOf("TOOL_ENDED");
    return [...started].every((call) => ended.has(call));
  });
  assert.equal((await guard.client.session("many")).calls, 0);
  assert.equal(named("TOOL_ENDED").filter((line) => line["removed"] !== true).length, 0);
  const hogs = (made["out of memory"] ?? 0) + (made["out of memory with children"] ?? 0);
  return { made, hogs, reasons: countBy(named("TOOL_ENDED"), "reason") };
}
