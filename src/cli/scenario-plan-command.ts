import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import { withPlannedFile } from "./scenario-file.ts";
import type { scenarioPlanFlags } from "./scenario-flags.ts";
import { planText } from "./scenario-plan-text.ts";

/**
 * `corral scenario plan FILE`: says what a scenario comes to on this host or a declared topology.
 * @returns 0; 2 when it has mistakes
 * @throws CorralError USAGE, CONFIG
 */
export const scenarioPlanCommand = (
  flags: RawFlags<typeof scenarioPlanFlags>,
  args: readonly string[],
): Promise<number> =>
  withPlannedFile("plan", args, flags.topology, ({ document }) => {
    writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : planText(document));
  });
