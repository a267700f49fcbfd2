import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

/** Starts the one line of the output that is meant for tools/run-node-tests.mjs. */
export const totalsMark = "#corral-totals ";

/** What Node gives as the reason for a test that --test-name-pattern left out: not run, but not skipped either. */
const filteredOut = "test name does not match pattern";

/**
 * node:test reporter: the ordinary readable output, then one line with the totals as JSON. The
 * totals travel on stdout because a suite may run in a virtual machine, where stdout is all there is.
 * @param {AsyncIterable<any>} events
 */
export default async function* report(events) {
  const totals = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  yield* Readable.from(counted(events, totals)).pipe(new spec());
  yield `${totalsMark}${JSON.stringify(totals)}\n`;
}

async function* counted(events, totals) {
  for await (const event of events) {
    count(event, totals);
    yield event;
  }
}

/** Counts leaves: a suite, or a test that failed only because a subtest did, is not one more test. */
function count({ type, data }, totals) {
  if (type !== "test:pass" && type !== "test:fail") return;
  if (data.details?.type === "suite" || data.details?.error?.failureType === "subtestsFailed") return;
  if (data.skip === filteredOut) return;
  if (data.skip !== undefined || data.todo !== undefined) {
    totals.skipped.push(`${data.name}: ${reasonOf(data.skip ?? data.todo)}`);
  } else if (type === "test:pass") totals.passed += 1;
  else totals.failed += 1;
}

/** @param {string | boolean} reason */
function reasonOf(reason) {
  return typeof reason === "string" && reason !== "" ? reason : "no reason given";
}
