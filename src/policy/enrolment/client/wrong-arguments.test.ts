import { expect, test } from "vitest";
import { createArena } from "../../../arena/index.ts";
import { CorralError } from "../../../report/index.ts";
import { enrol } from "./enrol.ts";

const sound = { name: "worker", onAction: () => {} };

const calls: readonly (readonly [string, (value: never) => unknown, unknown, string])[] = [
  ["enrol", enrol, undefined, "enrol needs options"],
  ["enrol", enrol, null, "enrol needs options"],
  ["enrol", enrol, 7, "enrol needs options"],
  ["enrol", enrol, {}, "cannot enrol: name must be a string"],
  ["enrol", enrol, { name: 7 }, "cannot enrol: name must be a string"],
  ["enrol", enrol, { name: "worker" }, "cannot enrol: onAction must be a function"],
  ["enrol", enrol, { ...sound, tags: [] }, "cannot enrol: tags must be an object of strings"],
  ["enrol", enrol, { ...sound, tags: { a: 1 } }, "cannot enrol: tags must be an object of strings"],
  ["enrol", enrol, { ...sound, verbs: "compress" }, "cannot enrol: verbs must be an array of strings"],
  ["enrol", enrol, { ...sound, socket: 7 }, "cannot enrol: socket must be a path"],
  ["enrol", enrol, { ...sound, arena: 7 }, "cannot enrol: arena must be an object or null"],
  ["enrol", enrol, { ...sound, onState: 7 }, "cannot enrol: onState must be a function"],
  ["enrol", enrol, { ...sound, bogus: 7 }, 'cannot enrol: there is no option "bogus"'],
  ["enrol", enrol, { bogus: 7 }, 'cannot enrol: there is no option "bogus"'],
  ["createArena", createArena, undefined, "createArena needs options"],
  ["createArena", createArena, null, "createArena needs options"],
  ["createArena", createArena, {}, "capacityBytes is a whole number from 65536 to 68719476736"],
  ["createArena", createArena, { capacityBytes: "64M" }, "capacityBytes is a whole number from 65536 to 68719476736"],
];

test.each(calls)("%s tells what is wrong with its arguments: case %#", (_, call, value, message) => {
  let thrown: unknown = null;
  try {
    call(value as never);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(CorralError);
  expect([(thrown as CorralError).code, (thrown as CorralError).message]).toEqual(["USAGE", message]);
});
