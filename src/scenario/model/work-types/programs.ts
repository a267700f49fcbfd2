import type { WorkDescription } from "./description.ts";
import { work } from "./row.ts";

/** Work that is a program of its own. */
export const programsWork = {
  Schbench: work(
    "A benchmark of wake-ups; run the program as a payload instead.",
    {},
    {
      samples: "own",
      support: "later",
    },
  ),
  Taobench: work(
    "A benchmark of a cache; run the program as a payload instead.",
    {},
    { samples: "own", support: "later" },
  ),
  Custom: work(
    "A function of the user's, which owns the loop and tells what it measured.",
    {},
    {
      samples: "own",
      support: "module",
    },
  ),
} as const satisfies Readonly<Record<string, WorkDescription>>;
