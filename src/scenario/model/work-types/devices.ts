import type { WorkDescription } from "./description.ts";
import { pair, work } from "./row.ts";

/** Disks and network cards. */
export const devicesWork = {
  IoSyncWrite: work(
    "Writes 64 KiB in 16 pieces to a place of its own in a file, and waits until they are on the disk.",
    {},
    {
      samples: "wake",
    },
  ),
  IoRandRead: work("Reads 4 KiB past the page cache at a random place.", {}, { samples: "wake" }),
  IoConvoy: work(
    "Writes in order and reads at random by turns, synchronising every 16.",
    {},
    {
      samples: "wake",
    },
  ),
  NetTraffic: work("Sends itself packets; needs a network card.", {}, { samples: "wake", support: "later" }),
  IrqWake: work("Is woken by a network card.", {}, { groupSize: pair, samples: "wake", support: "later" }),
} as const satisfies Readonly<Record<string, WorkDescription>>;
