import { CorralError } from "../../report/index.ts";
import type { Engine } from "./engine.ts";
import { orWarn } from "./or-warn.ts";
import { killPayloads } from "./payload-runs.ts";
import { sampleGroup } from "./sampler.ts";
import type { Slot, WorkHandle } from "./state.ts";
import { collectWorks } from "./works.ts";

/** A frozen worker cannot stop by itself: it would be killed when its time is over, and say nothing. */
async function thaw({ ports, state, book }: Engine, slot: Slot): Promise<void> {
  for (const name of slot.groups) {
    try {
      if (ports.files.read(name, "unified", "cgroup.freeze").trim() !== "1") continue;
      await ports.files.write(name, "unified", "cgroup.freeze", "0");
      state.frozen.delete(name);
    } catch (thrown) {
      book.warn(`the group ${name} could not be thawed: ${CorralError.from(thrown).message}`);
    }
  }
}

/**
 * Takes a slot down: thaws its groups, kills payloads from the last to the first, stops workers and keeps their reports, and
 * removes groups from the last to the first. What goes wrong is a warning; everything else is done all the same.
 */
export async function takeDown(engine: Engine, slot: Slot): Promise<void> {
  const { state, book, remover, liveness } = engine;
  const began = book.nowMs();
  await book.during({ step: slot.step, index: null, round: 0, kind: "teardown", object: "" }, async () => {
    await thaw(engine, slot);
    await killPayloads(engine, slot.payloads);
    const { worksByGroup } = state;
    for (const name of slot.groups) {
      const works = worksByGroup.get(name) ?? [];
      await orWarn(book, `the group ${name} could not be looked at`, () => sampleGroup(engine, name, { works }));
    }
    // Without the scheduler that had to live, busy workers would be in the way of everything; what is frozen with a group
    // above cannot stop by itself.
    const isKilled = ({ cgroup }: WorkHandle): boolean => liveness.isDead || state.isFrozen(cgroup);
    const works = [...slot.works];
    await Promise.all([
      collectWorks(engine, works.filter(isKilled), "kill"),
      collectWorks(
        engine,
        works.filter((one) => !isKilled(one)),
        "stop",
      ),
    ]);
    for (const name of slot.groups.toReversed()) {
      state.forgetGroup(name);
      await orWarn(book, `the group ${name} could not be removed`, () => remover.remove(name));
      book.groupRemoved(name);
    }
  });
  book.cleanupMs += book.nowMs() - began;
}
