import { expect, test } from "vitest";
import { checkFleetName, subjectsOf } from "./subjects.ts";

const subjects = subjectsOf("blue");

test("an agent has subjects of its own, and each stream has lanes of its own", () => {
  expect(subjects.open("web1")).toBe("corral.blue.agent.web1.open");
  expect(subjects.lanes("web1", "s1")).toEqual({
    toAgent: { kept: "corral.blue.agent.web1.control.s1", live: "corral.blue.agent.web1.ping.s1" },
    toController: { kept: "corral.blue.agent.web1.terminal.s1", live: "corral.blue.agent.web1.stats.s1" },
    all: "corral.blue.agent.web1.*.s1",
  });
});

test.each([
  ["web1.example", "web1%2eexample"],
  ["a*b>c d", "a%2ab%3ec%20d"],
  ["[::1]:5", "%5b%3a%3a1%5d%3a5"],
  ["ä%", "%c3%a4%25"],
])("the name %j is the word %s", (name, word) => {
  expect(subjects.ask(name)).toBe(`corral.blue.agent.${word}.ask`);
});

test.each(["", "a.b", "a*", ">", "a b", "x".repeat(65)])("%j is no name of a fleet", (name) => {
  expect(() => checkFleetName(name)).toThrow("--fleet takes 1 to 64 of the characters");
});
