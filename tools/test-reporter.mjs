import { Readable } from "node:stream";
import { spec } from "node:test/reporters";
import { root } from "./root.mjs";

/** Starts the lines of the output that are meant for tools/run-node-tests.mjs. */
export const totalsMark = "#corral-totals ";

/** A bundle of tools/run-node-tests.mjs, relative to the root and as the source it is made of. */
const bundlePath = /^.*\/build\/test\/[^/]+\/(.*)\.mjs$/;

/** What Node gives as the reason for a test that --test-name-pattern left out: not run, but not skipped either. */
const filteredOut = "test name does not match pattern";

/**
 * node:test reporter: the ordinary readable output, and the totals as lines of JSON: one after each test, so that a
 * run that breaks off has told them, and one at the end, which says that it is whole. The totals travel on
 * stdout because a suite may run in a virtual machine, where stdout is all there is.
 * @param {AsyncIterable<any>} events
 */
export default async function* report(events) {
  const totals = { passed: 0, failed: /** @type {string[]} */ ([]), skipped: /** @type {string[]} */ ([]) };
  let told = 0;
  for await (const chunk of Readable.from(counted(events, totals)).pipe(new spec())) {
    yield chunk;
    const ended = totals.passed + totals.failed.length + totals.skipped.length;
    if (ended === told) continue;
    told = ended;
    yield `${totalsMark}${JSON.stringify({ ...totals, whole: false })}\n`;
  }
  yield `${totalsMark}${JSON.stringify({ ...totals, whole: true })}\n`;
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
  else totals.failed.push(placedName(data));
}

/** The name of a test and the file it is in; a file that broke off has its bundle's path as its name. */
function placedName({ name, file }) {
  const [words, place] = [name, file ?? ""].map((text) =>
    text.replace(bundlePath, "$1.ts").replace(`${root}/`, "").replaceAll(/\s+/g, " "),
  );
  return place === "" || words === place ? words : `${words} (${place})`;
}

/** @param {string | boolean} reason */
function reasonOf(reason) {
  return typeof reason === "string" && reason !== "" ? reason : "no reason given";
}
