import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import { withPlannedFile } from "./scenario-file.ts";
import type { scenarioCheckFlags } from "./scenario-flags.ts";
import { needLine, warningLine } from "./scenario-plan-text.ts";

/**
 * `corral scenario check FILE`: judges a scenario, also for what it would come to on this host or a declared topology.
 * @returns 0; 2 when it has mistakes
 * @throws CorralError USAGE, CONFIG
 */
export const scenarioCheckCommand = (
  flags: RawFlags<typeof scenarioCheckFlags>,
  args: readonly string[],
): Promise<number> =>
  withPlannedFile("check", args, flags.topology, ({ file, document }) => {
    if (document.plan === null) {
      writeText(1, `${file}: ok, and would be skipped: ${document.unmet_needs.map(needLine).join(", ")}\n`);
      return;
    }
    const { steps, warnings } = document.plan;
    for (const warning of warnings) writeText(2, `${file}: ${warningLine(warning)}\n`);
    writeText(1, `${file}: ok, ${steps.length} ${steps.length === 1 ? "step" : "steps"}\n`);
  });
