import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { addonStatus } from "../../src/kernel/index.ts";
import { program, requires } from "../shared/requires.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "corral-leave-"));
after(() => rmSync(scratch, { recursive: true }));

/** A script that finds the addon's raw functions in `addon`. */
function script(body: string): string {
  const file = path.join(scratch, "script.cjs");
  const load = `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(addonStatus().path)});`;
  writeFileSync(file, `${load} const addon = m.exports;\n${body}`);
  return file;
}

test("exitAtOnce ends the process with the status, and no listener of `exit` hears of it", () => {
  const body = `process.on("exit", () => console.log("exit")); addon.exitAtOnce(43); console.log("after");`;
  const { status, stdout } = spawnSync(process.execPath, [script(body)], { encoding: "utf8" });
  assert.deepEqual({ status, stdout }, { status: 43, stdout: "" });
});

test("exitAtOnce returns where a terminal is among the descriptors, because Node has its modes to restore", (t) => {
  if (!requires(t, program("script"))) return;
  const returned = path.join(scratch, "returned");
  const file = script(`addon.exitAtOnce(43); require("node:fs").writeFileSync(${JSON.stringify(returned)}, "");`);
  spawnSync("script", ["-qec", `${process.execPath} ${file}`, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  assert.equal(existsSync(returned), true);
});
