import { closeSync, readSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { loadFunction } from "../modules/index.ts";
import type { CustomOrder } from "./command.ts";
import type { CustomContext, CustomFunction } from "./context.ts";
import { OwnMeasure, sayFailure } from "./own-measure.ts";
import { OwnMemory } from "./own-memory.ts";
import { ownCpus, siblingsIn } from "./own-usage.ts";

/*
 * The program of a worker that a function of the user's does. `corral-worker load custom` becomes it, with the descriptors of
 * native/BOUNDARY.md; it is a file of its own in dist/.
 */

const memoryFd = 3;
const readyFd = 4;
const goFd = 5;
/** What a function that waits has counted is told so often. */
const tellEveryMs = 50;
/** A loop that asks in every turn whether to stop looks so often. */
const lookEveryMs = 1;

const [orderText = "{}", indexText = "0"] = process.argv.slice(2);
const order = JSON.parse(orderText) as CustomOrder;
const memory = new OwnMemory(memoryFd, Number(indexText));
const end = new AbortController();

/** Ends the worker, which has not completed. */
function fail(reason: unknown): never {
  sayFailure(memory, reason);
  process.exit(1);
}

function load(): CustomFunction {
  try {
    process.chdir(order.directory);
    if (order.comm !== null) process.title = order.comm;
    return loadFunction(order, order.directory) as CustomFunction;
  } catch (thrown) {
    return fail(`module ${order.module} ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

/** Says that it waits, and returns when it is let go. */
function awaitGo(): void {
  memory.stage("ready");
  writeSync(readyFd, "r");
  closeSync(readyFd);
  readSync(goFd, Buffer.alloc(1));
  closeSync(goFd);
}

function mustStop(): boolean {
  if (!end.signal.aborted && memory.orders().isStopping) end.abort();
  return end.signal.aborted;
}

function contextOf(measure: OwnMeasure): CustomContext {
  let lookedMs = 0;
  return {
    name: order.name,
    config: order.config,
    index: Number(indexText),
    workers: memory.workers,
    cgroup: order.cgroup,
    cpus: ownCpus(),
    siblings: siblingsIn(order.cgroup),
    signal: end.signal,
    get stopping() {
      const nowMs = performance.now();
      if (end.signal.aborted || nowMs - lookedMs < lookEveryMs) return end.signal.aborted;
      lookedMs = nowMs;
      return mustStop();
    },
    count: (units = 1) => measure.count(units),
    sample: (ns) => measure.sample(ns),
    failed: (reason) => measure.failed(reason),
  };
}

async function main(): Promise<void> {
  const work = load();
  const measure = new OwnMeasure(memory, order.samples);
  const failWork = (reason: unknown): void => {
    measure.tell();
    measure.failed(reason);
    process.exit(1);
  };
  process.on("uncaughtException", failWork);
  // Comes again every 20 ms until we have ended. Node's own handler would open a debugger.
  process.on("SIGUSR1", mustStop);
  awaitGo();
  measure.begin();
  // Also keeps the process for a function that waits for its end alone.
  const telling = setInterval(() => measure.tellRest(), tellEveryMs);
  try {
    if (!mustStop()) await work(contextOf(measure));
  } catch (thrown) {
    return failWork(thrown);
  }
  clearInterval(telling);
  measure.end();
  process.exit(0);
}

void main();
