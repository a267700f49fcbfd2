import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { requireWorker } from "../../kernel/index.ts";
import type { Dilation } from "../record/index.ts";
import { dilationOf, gaugeSettings, readGauge } from "./dilation-of.ts";

const run = promisify(execFile);
/** A machine that is slower than that is not measured to the end: the rounds until then count. */
const longestMs = 20_000;

const gaugeArguments = (): readonly string[] => {
  const { rounds, turns, sleepUs } = gaugeSettings;
  return ["gauge", "--rounds", String(rounds), "--turns", String(turns), "--sleep-us", String(sleepUs)];
};

/** What was printed until it failed. */
const printedBy = (thrown: unknown): string => {
  const stdout: unknown = Reflect.get(Object(thrown) as object, "stdout");
  return typeof stdout === "string" ? stdout : "";
};

/**
 * Measures how much slower time is here, in about 20 ms where it is not. What cannot be measured is `unknown`, and no error.
 * @throws CorralError NATIVE_MISSING without corral-worker
 */
export async function measureDilation(signal: AbortSignal | null = null): Promise<Dilation> {
  const worker = requireWorker();
  const options = { encoding: "utf8" as const, timeout: longestMs, env: {}, ...(signal === null ? {} : { signal }) };
  const printed = await run(worker, gaugeArguments(), options).then(({ stdout }) => stdout, printedBy);
  return dilationOf(readGauge(printed));
}

/** Nobody measured, or nothing came of it. */
export const unknownDilation: Dilation = { factor: 1, setupFactor: 1, source: "unknown", costs: null };

/** A factor that somebody asked for. */
export const givenDilation = (factor: number): Dilation => ({
  factor,
  setupFactor: factor,
  source: "given",
  costs: null,
});
