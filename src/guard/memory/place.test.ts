import { expect, test } from "vitest";
import type { Place } from "./place.ts";
import { selectTargets } from "./place.ts";
import { placeOf } from "./simulation.ts";

const high = placeOf("high", 3);
const high2 = placeOf("high2", 3);
const low = placeOf("low", 1);
const low2 = placeOf("low2", 1);

const select = (places: readonly Place[], inside: readonly Place[], spared: readonly Place[] = []) => {
  const { protects, domains } = selectTargets(
    places,
    (one) => inside.includes(one),
    (one) => spared.includes(one),
  );
  return {
    protects: protects.map(({ name }) => name),
    domains: domains.map(({ key, clamp, freeze }) => [key, clamp.directory, freeze.join(" ")]),
  };
};

const whole = (name: string) => [name, `/root/${name}`, `/root/${name}/framework /root/${name}/tools`];

test("the best class that has processes is protected from all below it", () => {
  const all = [high, low, low2];
  expect(select(all, all)).toEqual({ protects: ["high"], domains: [whole("low"), whole("low2")] });
  expect(select([high, high2, low], [high, high2, low])).toEqual({
    protects: ["high", "high2"],
    domains: [whole("low")],
  });
});

test("the session's own cgroup.freeze is left to its clients", () => {
  expect(JSON.stringify(select([high, low], [high, low]).domains)).not.toContain('"/root/low/"');
});

test("nobody and one alone are protected from nobody", () => {
  expect(select([high, low], [])).toEqual({ protects: [], domains: [] });
  expect(select([high, low], [low])).toEqual({ protects: ["low"], domains: [] });
});

test("among sessions of one class the first is protected from the others", () => {
  expect(select([high, low, low2], [low, low2])).toEqual({ protects: ["low"], domains: [whole("low2")] });
});

test("of the best class there is only tool calls are touched, never a framework (R21)", () => {
  expect(select([high, high2, low], [high, high2])).toEqual({
    protects: ["high"],
    domains: [["high2/tools", "/root/high2/tools", "/root/high2/tools"]],
  });
});

test("a session in which the guard itself is, or what started it, is never touched (R21)", () => {
  expect(select([high, low, low2], [high, low, low2], [low])).toEqual({
    protects: ["high"],
    domains: [whole("low2")],
  });
});

test("a group that is no session is frozen as a whole", () => {
  const plain = { ...low, framework: null, tools: null };
  expect(select([high, plain], [high, plain]).domains).toEqual([["low", "/root/low", "/root/low"]]);
});
