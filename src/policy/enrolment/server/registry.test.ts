import { expect, test } from "vitest";
import type { Pid } from "../../../kernel/index.ts";
import type { EnrolmentChange } from "../../model/index.ts";
import { Registry } from "./registry.ts";

const identity = { bootId: "b", pid: 7 as Pid, startTicks: 1 };
const reused = { ...identity, startTicks: 2 };

function world() {
  const told: string[] = [];
  const short = (change: EnrolmentChange): string =>
    change.kind === "unenrolled"
      ? `${change.token} ${change.why}`
      : change.kind === "enrolled"
        ? `+${change.enrolment.token}`
        : "";
  const registry = new Registry(
    (change) => told.push(short(change)),
    (token) => told.push(`gone ${token}`),
  );
  const add = (token: string, of = identity, sinceNs = 100n): void =>
    registry.add({
      enrolment: {
        ...{ token, identity: of, uid: 5, gid: 5, name: "n", tags: {}, verbs: [] },
        ...{ protocol: "v2", arena: null, enrolledNs: sinceNs },
      },
      mark: { startTicks: of.startTicks, ending: false, image: null },
      sinceNs,
      link: { send: () => ({ sent: true }), revoked: (why) => told.push(`revoked ${why}`) },
    });
  return { registry, add, told };
}

test("a process has one enrolment, the last; the one before ends, and everybody is told once", () => {
  const { registry, add, told } = world();
  add("a");
  add("b");
  registry.remove("a", "closed");
  registry.remove("b", "exited");
  registry.remove("b", "closed");
  expect(told).toEqual([
    "+a",
    ...["revoked unenrolled", "gone a", "a unenrolled"],
    "+b",
    ...["revoked exited", "gone b", "b exited"],
  ]);
  expect([registry.goneWhy("a"), registry.goneWhy("b"), registry.goneWhy("c")]).toEqual([
    "unenrolled",
    "exited",
    "closed",
  ]);
  expect([registry.countOf(5), registry.entries()]).toEqual([0, []]);
});

test("a process that got the pid of another is another", () => {
  const { registry, add } = world();
  add("a");
  expect([registry.find(identity)?.enrolment.token, registry.find(reused)]).toEqual(["a", null]);
  add("b", reused);
  expect([registry.find(identity)?.enrolment.token, registry.countOf(5)]).toEqual(["a", 2]);
});

test("an exec ends what was sent before it, whichever is heard of first, and nothing that was sent after it", () => {
  const { registry, add, told } = world();
  registry.noteExec(identity, 99n);
  add("after", identity, 100n);
  expect(told).toEqual(["+after"]);
  registry.noteExec(identity, 101n);
  expect(told.at(-1)).toBe("after superseded");
  add("read late", identity, 100n);
  expect(told.at(-1)).toBe("read late superseded");
  registry.noteExec(reused, 500n);
  add("other", identity, 102n);
  expect(told.at(-1)).toBe("+other");
});
