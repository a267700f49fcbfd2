import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { requireWorker } from "../../kernel/index.ts";
import type { Dilation } from "../record/index.ts";
import type { GaugeRound } from "./dilation-of.ts";
import { busySettings, dilationOf, gaugeSettings, readGauge } from "./dilation-of.ts";

const run = promisify(execFile);
/** A machine that is slower than that is not measured to the end: the rounds until then count. */
const longestMs = 20_000;
/** `corral-worker gauge` keeps so many busy, its own included. */
const mostCpus = 1024;

/** What was printed until it failed. */
const printedBy = (thrown: unknown): string => {
  const stdout: unknown = Reflect.get(Object(thrown) as object, "stdout");
  return typeof stdout === "string" ? stdout : "";
};

interface Settings {
  readonly rounds: number;
  readonly turns: number;
  readonly sleepUs: number;
}

async function gauge(settings: Settings, beside: number, signal: AbortSignal | null): Promise<readonly GaugeRound[]> {
  const { rounds, turns, sleepUs } = settings;
  const numbers = { rounds, turns, "sleep-us": sleepUs, beside };
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const options = { encoding: "utf8" as const, timeout: longestMs, env: {}, ...(signal === null ? {} : { signal }) };
  return readGauge(await run(requireWorker(), ["gauge", ...args], options).then(({ stdout }) => stdout, printedBy));
}

/**
 * Measures how much slower time is here: in about 20 ms where it is not, in some seconds where it is. What cannot be measured is
 * `unknown`, and no error.
 * @param cpus how many there are to compute
 * @throws CorralError NATIVE_MISSING without corral-worker
 */
export async function measureDilation(cpus: number, signal: AbortSignal | null = null): Promise<Dilation> {
  const rounds = await gauge(gaugeSettings, 0, signal);
  const alone = dilationOf(rounds);
  if (alone.factor === 1) return alone;
  return dilationOf(rounds, await gauge(busySettings, Math.min(cpus, mostCpus) - 1, signal));
}

/** Nobody measured, or nothing came of it. */
export const unknownDilation: Dilation = { factor: 1, rateFactor: 1, setupFactor: 1, source: "unknown", costs: null };

/** A factor that somebody asked for. */
export const givenDilation = (factor: number): Dilation => ({
  factor,
  rateFactor: factor,
  setupFactor: factor,
  source: "given",
  costs: null,
});
