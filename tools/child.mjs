import { spawn } from "node:child_process";
import { root } from "./root.mjs";

/**
 * @typedef {object} ChildResult
 * @property {number} code exit status; 128 + signal number when killed; 127 when not found
 * @property {string} output stdout and stderr together, in order of arrival; empty when inherited
 */

/**
 * Runs a program in the repository root and waits for it. Never throws for a failing program.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, inherit?: boolean }} [options] `inherit` lets
 *   the program write to our streams instead of collecting its output
 * @returns {Promise<ChildResult>}
 */
export function runChild(program, args, { env = process.env, cwd = root, inherit = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["ignore", inherit ? "inherit" : "pipe", inherit ? "inherit" : "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: `${program}: ${error.message}\n` }));
    child.on("close", (code, signal) => resolve({ code: code ?? signalStatus(signal), output }));
  });
}

/** @param {NodeJS.Signals | null} signal */
function signalStatus(signal) {
  return signal === "SIGKILL" ? 137 : signal === "SIGINT" ? 130 : 143;
}
