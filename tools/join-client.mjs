/**
 * Joins native/client/parts into native/client/corral-enrol.h, the one file that a workload takes along. It is committed, so
 * that it can be taken from a checkout that was never built; `npm run check` tells a stale one.
 *
 *     node tools/join-client.mjs    writes the file
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./root.mjs";
import { writeAtomically } from "./stamp.mjs";

/** What is read and what is made, relative to the repository root. */
const parts = "native/client/parts";
export const clientHeader = "native/client/corral-enrol.h";

const licence = "/* SPDX-License-Identifier: Apache-2.0 */\n";
const origin = `/* Made of ${parts} by tools/join-client.mjs; do not edit. */\n`;
const entry = "corral-enrol.h";

/**
 * The text of the entry with every `#include "part.h"` replaced by that part, each once.
 * @param {ReadonlyMap<string, string>} texts of the parts by file name
 * @returns {string}
 * @throws {Error} for a part without the licence line, one that is missing, and one that is not included exactly once
 */
export function joinParts(texts) {
  /** @type {string[]} */
  const taken = [];
  const take = (/** @type {string} */ name) => {
    const text = texts.get(name);
    if (text === undefined) throw new Error(`join-client: ${parts}/${name} is included and does not exist`);
    if (!text.startsWith(licence)) throw new Error(`join-client: ${parts}/${name} does not begin with its licence`);
    if (taken.includes(name)) throw new Error(`join-client: ${parts}/${name} is included twice`);
    taken.push(name);
    return text.slice(licence.length);
  };
  const expand = (/** @type {string} */ name) =>
    take(name).replace(/^#include "(.+)"\n/gm, (_, /** @type {string} */ part) => expand(part));
  const joined = expand(entry);
  const left = [...texts.keys()].filter((name) => !taken.includes(name));
  if (left.length > 0) throw new Error(`join-client: nobody includes ${left.join(", ")}`);
  return `${licence}${origin}${joined}`;
}

/** The header as the parts say it is. @returns {string} */
export function joinClient() {
  const names = readdirSync(join(root, parts)).toSorted();
  return joinParts(new Map(names.map((name) => [name, readFileSync(join(root, parts, name), "utf8")])));
}

/** Whether the committed header is what the parts say. @returns {boolean} */
export function clientIsStale() {
  return readFileSync(join(root, clientHeader), "utf8") !== joinClient();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeAtomically(clientHeader, joinClient());
