import * as fc from "fast-check";
import { expect, test } from "vitest";
import { classOfCommand, commandClassNames, toolName } from "./command-class.ts";

test.each([
  ["pytest -q tests/", "tests"],
  ["/usr/bin/python3.11 -m pytest", "tests"],
  ["npm run test:unit", "tests"],
  ["cargo test --release", "tests"],
  ["make check", "tests"],
  ["node --test test/a.ts", "tests"],
  ["timeout 60 pytest", "tests"],
  ["CI=1 env -i FOO=bar npm test", "tests"],
  ["bash -lc cd /src && pytest -x", "tests"],
  ["sh -c git status && npm ci && npm test", "tests"],
  ["pip3 install -r requirements.txt", "install"],
  ["sudo apt-get -y install gcc", "install"],
  ["npm ci", "install"],
  ["go mod download", "install"],
  ["git status", "git"],
  ["git log | head -5", "git"],
  ["ls -la", "explore"],
  ["cat a.txt | grep x | wc -l", "explore"],
  ["cd src; ls", "explore"],
])("%s is of the class %s", (command, wanted) => {
  expect(classOfCommand(command)).toBe(wanted);
});

test.each([
  ["", "nothing"],
  ["cd /src", "no command"],
  ["./run-everything", "a program that is not known"],
  ["pytester", "a name that begins like one"],
  ["npm start", "another command of a known program"],
  ["ls && ./run-everything", "one part that is not known"],
  ["git status | python analyse.py", "one part that is not known"],
  ["toString x", "a name that every object has"],
  ['grep "a;b" file', "text that is not understood"],
])("%j has no class: %s", (command) => {
  expect(classOfCommand(command)).toBeNull();
});

test("whatever a command is, it has a class or none, and a name that is plain", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (command) => {
      expect([...commandClassNames, null]).toContain(classOfCommand(command));
      expect(toolName(command)).toMatch(/^[\w.+-]{1,32}$/);
    }),
  );
});

test("a command has the name of its program", () => {
  const names = ["/usr/bin/python3.11 x.py", "bash -c cd /s && pytest -q", "$(evil)", "env A=b make all"].map(toolName);
  expect(names).toEqual(["python", "pytest", "other", "make"]);
});
