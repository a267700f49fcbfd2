import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { FileAnswer, FileCall } from "../../src/kernel/index.ts";
import { addonStatus, doFileCalls } from "../../src/kernel/index.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "corral-files-"));
after(() => rmSync(scratch, { recursive: true }));

/** With the addon, and without it as where it is missing. */
const ways: readonly (readonly [string, (calls: readonly FileCall[]) => readonly FileAnswer[]])[] = [
  ["the addon", doFileCalls],
  [
    "Node alone",
    (calls) => {
      process.env["CORRAL_NO_ADDON"] = "1";
      try {
        return doFileCalls(calls);
      } finally {
        delete process.env["CORRAL_NO_ADDON"];
      }
    },
  ],
];

const identityOf = (at: string): string => `${statSync(at).dev} ${statSync(at).ino}`;

test("the addon is there, or both ways were one", () => assert.equal(addonStatus().reason, null));

for (const [name, perform] of ways) {
  const place = path.join(scratch, name.replaceAll(" ", "-"));
  const at = (file: string): string => path.join(place, file);
  mkdirSync(place);

  test(`each call does its own, in their order (${name})`, () => {
    writeFileSync(at("ü"), "before, and more");
    symlinkSync("nowhere", at("link"));
    const answers = perform([
      { call: "write", path: at("ü"), value: "näch" },
      { call: "read", path: at("ü") },
      { call: "link", path: at("link") },
      { call: "make", path: at("made") },
      { call: "create", path: at("new.tmp"), value: "text\n" },
      { call: "add", path: at("new.tmp"), to: at("new") },
      { call: "create", path: at("newer.tmp"), value: "newer" },
      { call: "move", path: at("newer.tmp"), to: at("newest") },
      { call: "identify", path: at("newest") },
    ]);
    const made = identityOf(at("made"));
    const texts = ["", "näche, and more", "nowhere", made, "", "", "", "", identityOf(at("newest"))];
    assert.deepEqual(
      answers,
      texts.map((text) => ({ text })),
    );
    assert.deepEqual([readFileSync(at("new"), "utf8"), readFileSync(at("newest"), "utf8")], ["text\n", "newer"]);
    assert.equal(statSync(at("new")).mode & 0o777, 0o640 & ~process.umask());
    assert.deepEqual(
      readdirSync(place).filter((file) => file.endsWith(".tmp")),
      [],
    );
  });

  test(`a failure is told by its errno, and what is chained to it is left out (${name})`, () => {
    writeFileSync(at("taken"), "");
    writeFileSync(at("other"), "");
    const answers = perform([
      { call: "write", path: at("missing"), value: "1" },
      { call: "write", path: at("other"), value: "left out", chained: true },
      { call: "read", path: at("other"), chained: true },
      { call: "read", path: at("other") },
      { call: "make", path: at("taken") },
      { call: "create", path: at("taken"), value: "x" },
      { call: "add", path: at("other"), to: at("taken") },
      { call: "link", path: at("other") },
      { call: "read", path: place },
    ]);
    assert.deepEqual(answers, [
      { errno: "ENOENT" },
      { errno: "ENOENT" },
      { errno: "ENOENT" },
      { text: "" },
      { errno: "EEXIST" },
      { errno: "EEXIST" },
      { errno: "EEXIST" },
      { errno: "EINVAL" },
      { errno: "EISDIR" },
    ]);
    assert.deepEqual([readFileSync(at("taken"), "utf8"), existsSync(at("other"))], ["", true]);
  });

  test(`only the directory of that identity is removed, and only when it is empty (${name})`, () => {
    for (const directory of ["ours", "another", "full", "full/inner"]) mkdirSync(at(directory));
    const answers = perform([
      { call: "remove", path: at("ours"), identity: identityOf(at("ours")) },
      { call: "remove", path: at("another"), identity: identityOf(place) },
      { call: "remove", path: at("full"), identity: identityOf(at("full")) },
      { call: "remove", path: at("gone"), identity: identityOf(place) },
    ]);
    assert.deepEqual(answers, [{ text: "" }, { text: "" }, { errno: "ENOTEMPTY" }, { text: "" }]);
    assert.deepEqual(
      ["ours", "another", "full"].map((directory) => existsSync(at(directory))),
      [false, true, true],
    );
  });
}

test("mounts that have not changed are told so", () => {
  const fd = openSync("/proc/self/mountinfo", "r");
  assert.deepEqual(doFileCalls([{ call: "changed", path: String(fd) }]), [{ text: "0" }]);
});

test("a text of 64 KiB is read by whoever can, and refused here", () => {
  const file = path.join(scratch, "long");
  writeFileSync(file, "x".repeat(65_536));
  assert.deepEqual(doFileCalls([{ call: "read", path: file }]), [{ errno: "EFBIG" }]);
});
