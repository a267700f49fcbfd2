import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createArena } from "../../src/arena/index.ts";
import { contents } from "./contents.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What compressing a region did to the memory of this process. */
export interface SavingFigure {
  readonly name: string;
  readonly pssBefore: number;
  readonly pssAfter: number;
  /** `saved_bytes` of the arena. */
  readonly claimed: number;
  /** Claim to what the kernel says is gone; above 1 it would be a lie. */
  readonly claimOfMeasured: number;
  readonly claimOfRegion: number;
  readonly ratioEndToEnd: number;
  readonly cpuMs: number;
}

/** Every content in an arena of its own. */
export async function measureSaving(regionBytes: number): Promise<SavingFigure[]> {
  const figures: SavingFigure[] = [];
  for (const content of contents) {
    using arena = createArena({ capacityBytes: regionBytes, minSavingsPercent: 27 });
    const region = arena.allocate(regionBytes);
    const piece = new Uint8Array(65_536);
    for (let at = 0; at < regionBytes; at += piece.length) {
      content.write(piece);
      region.write(at, piece);
    }
    // What filled it is not what was saved.
    collect();
    const before = arena.measure().pss_bytes ?? 0;
    const cpu = process.cpuUsage();
    await arena.compress(region);
    const { user, system } = process.cpuUsage(cpu);
    collect();
    const after = arena.measure().pss_bytes ?? 0;
    const { saved_bytes, ratio_e2e } = arena.stats().derived;
    figures.push({
      name: content.name,
      pssBefore: before,
      pssAfter: after,
      claimed: saved_bytes,
      claimOfMeasured: saved_bytes / (before - after),
      claimOfRegion: saved_bytes / regionBytes,
      ratioEndToEnd: ratio_e2e ?? Number.NaN,
      cpuMs: (user + system) / 1000,
    });
  }
  return figures;
}
