import { startLine } from "../events/index.ts";
import type { CpuBackendName, GuardOptions, MemoryPolicy, OnStop } from "../guard/index.ts";
import { checkGuardFile, cpuBackends, GuardDaemon } from "../guard/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, counted, exitStatus, nearNames, quote, suggestion } from "../report/index.ts";
import { stateDirectories } from "../run/index.ts";
import { oneOf } from "../run/settings/index.ts";
import { toJsonLine } from "./events-json.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { guardFlags } from "./guard-flags.ts";
import { holdSignals } from "./hold-signals.ts";
import { LineWriter } from "./line-writer.ts";
import { say, writeText } from "./output.ts";
import { readServedRun } from "./served-run.ts";
import { corralVersion } from "./version.ts";

type GuardFlags = RawFlags<typeof guardFlags>;

/**
 * `corral guard`: keeps the sessions of agents apart until it is told to stop.
 * @returns 0; 2 when the file has mistakes
 * @throws CorralError USAGE, CONFIG, and as GuardDaemon.open does
 */
export async function guardCommand(flags: GuardFlags, args: readonly string[]): Promise<number> {
  const file = flags.config ?? null;
  try {
    if (flags["check-config"] === true) return checkConfig(file);
    return await guard(flags, rootOf(flags, args));
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    // As compilers write them, so that editors find the place.
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

/** The original took the root group as its only argument. */
function rootOf(flags: GuardFlags, args: readonly string[]): string | null {
  const [root, ...more] = args;
  // A word that is no path is a slip in a command's name.
  if (root !== undefined && !root.startsWith("/")) {
    const near = nearNames(root, ["bench"]).map(() => "corral guard bench isolation");
    const otherwise = "the root group is a path, such as /sys/fs/cgroup/agentcg";
    throw new CorralError(
      "USAGE",
      `there is no command ${quote(`guard ${args.join(" ")}`)}${suggestion(near, otherwise)}`,
      {
        object: root,
      },
    );
  }
  if (more.length === 0 && (root === undefined || flags["cgroup-root"] === undefined))
    return root ?? flags["cgroup-root"] ?? null;
  throw new CorralError("USAGE", "there is one root group", { object: "--cgroup-root", fix: "give it once" });
}

function checkConfig(file: string | null): number {
  if (file === null) throw new CorralError("USAGE", "--check-config needs --config FILE", { object: "--check-config" });
  const { sessions, tenants, placement } = checkGuardFile(file);
  const counts = [
    counted(sessions.length, "session"),
    counted(tenants.length, "tenant"),
    counted(placement.length, "rule"),
  ];
  writeText(1, `${file}: ok, ${counts.join(", ")}\n`);
  return 0;
}

async function guard(flags: GuardFlags, cgroupRoot: string | null): Promise<number> {
  const onStop = flagValue("on-stop", flags["on-stop"] ?? "release", toOnStop);
  const signals = holdSignals();
  const quiet = flags.quiet === true;
  // Who reads the events may leave; the guard stays.
  const out = new LineWriter(() => {});
  const tell = (line: Parameters<typeof toJsonLine>[0]): void => {
    if (!quiet) out.write(toJsonLine(line));
  };
  const options: GuardOptions = {
    file: flags.config ?? null,
    cgroupRoot,
    scheduler: schedulerOf(flags),
    socket: (flags.socket ?? process.env["CORRAL_GUARD_SOCKET"]) || null,
    memoryPolicy: policyOf(flags),
    monitorOnly: flags["monitor-only"] === true,
    opens: flags.opens === true,
    wholeHost: flags["all-events"] === true,
    directories: stateDirectories(process.env, process.getuid?.() ?? 0),
    version: corralVersion(),
    environment: process.env,
    readRun: readServedRun,
    onEvent: (event) => {
      tell(event);
      if (event.event === "WARNING")
        say(`WARNING: ${event.session === null ? "" : `${event.session}: `}${event.message}`);
      if (event.event === "SCHEDULER_FALLBACK")
        say(
          `WARNING: the scx scheduler ${event.kind}: ${`${event.reason} ${event.message}`.trim()}; the kernel's own has its tasks`,
        );
    },
    onOrigin: (origin) => tell(startLine(origin)),
    onLine: tell,
  };
  const daemon = await GuardDaemon.open(options);
  const signal = await signals.handOver(() => void daemon.reload());
  await daemon.close(signal, onStop);
  out.flush();
  return 0;
}

/** What was asked for; null: what the file says. `--no-scheduler` is the original's word for the kernel's own. */
function schedulerOf({ scheduler, "no-scheduler": none }: GuardFlags): CpuBackendName | null {
  const named = scheduler === undefined ? null : flagValue("scheduler", scheduler, oneOf(cpuBackends));
  if (none !== true) return named;
  if (named !== "scx") return "fair";
  throw new CorralError("USAGE", "--no-scheduler and --scheduler scx contradict each other", {
    object: "--scheduler",
    fix: "give one of them",
  });
}

/** Null: the file's. */
function policyOf({ policy, "no-memcg": isOff }: GuardFlags): MemoryPolicy | null {
  if (policy === undefined) return isOff === true ? "none" : null;
  if (isOff === true && policy !== "none")
    throw new CorralError("USAGE", "--no-memcg is the policy none", { object: "--policy", fix: "give one of the two" });
  return flagValue("policy", policy, oneOf(guardFlags.policy.choices));
}

function toOnStop(text: string): OnStop {
  if (text === "keep" || text === "release") return text;
  throw new RangeError(`expects release or keep, not ${JSON.stringify(text)}`);
}
