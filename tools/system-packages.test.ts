import { expect, test } from "vitest";
import { requirements } from "../vm/requirements.ts";
import { findCommand, systemPackages } from "./system-packages.mjs";

/** Part of every Debian and Ubuntu: nothing to install. */
const essential = ["apt", "dpkg"];

test("the set-up installs every package that the virtual machine asks for", () => {
  const installed = systemPackages.vm.flatMap(({ name, orElse }) => [name, orElse]);
  const missing = requirements
    .map(({ debianPackage }) => debianPackage.split(" ", 1)[0])
    .filter((name) => !essential.includes(name ?? "") && !installed.includes(name));
  expect(missing).toEqual([]);
});

test("a command is found in sbin although an ordinary user's PATH lacks it, and null when nowhere", () => {
  expect(findCommand("sh")).toMatch(/\/sh$/);
  expect(findCommand("no-such-command-of-corral")).toBeNull();
});
