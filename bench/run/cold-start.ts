import type { ProcessSample, Summary } from "../lib/measure.ts";
import { interleave, medianDifference, medianRatio, summarize, timeProcess } from "../lib/measure.ts";
import type { Target } from "../lib/print.ts";
import { fixed, table } from "../lib/print.ts";
import type { ColdVariant } from "./cold-variants.ts";
import { coldVariants, names } from "./cold-variants.ts";
import type { Settings } from "./settings.ts";

/** One command: wall and CPU time, and medians of the ratios within a round; or why it is missing. */
export type ColdRow =
  | {
      readonly name: string;
      readonly wall_ms: Summary;
      readonly cpu_ms: Summary;
      readonly to_bare_script: number;
      readonly to_bare_node: number;
    }
  | { readonly name: string; readonly missing: string };

export interface ColdResult {
  readonly rows: readonly ColdRow[];
  /** Medians of the differences within a round. */
  readonly group_setup_ms: number;
  readonly fsync_ms: number | null;
  readonly disturbed_samples: number;
}

type Measured = Extract<ColdVariant, { command: readonly string[] }>;
const isMeasured = (variant: ColdVariant): variant is Measured => "command" in variant;

/** One run must succeed before it is worth timing. */
async function check(settings: Settings, variant: ColdVariant): Promise<ColdVariant> {
  if (!isMeasured(variant)) return variant;
  const { code } = await take(settings, variant)();
  return code === 0 ? variant : { name: variant.name, missing: `fails here with status ${code ?? "none"}` };
}

function take({ addon, nullFd }: Settings, { command, env }: Measured): () => Promise<ProcessSample> {
  const file = command[0] ?? "";
  return () => timeProcess(addon, { file, argv: command, env, nullFd });
}

/** Cold command lines, interleaved. */
export async function measureColdStart(settings: Settings): Promise<ColdResult> {
  const variants: ColdVariant[] = [];
  for (const variant of coldVariants(settings)) variants.push(await check(settings, variant));
  const measured = new Map(variants.filter(isMeasured).map((variant) => [variant.name, take(settings, variant)]));
  const { samples, disturbed } = await interleave(settings.rounds, settings.gapMs, measured);
  const wall = (name: string): number[] => (samples.get(name) ?? []).map(({ wallMs }) => wallMs);
  const rows = variants.map((variant): ColdRow => {
    if (!isMeasured(variant)) return variant;
    const { name } = variant;
    return {
      name,
      wall_ms: summarize(wall(name)),
      cpu_ms: summarize((samples.get(name) ?? []).map(({ cpuMs }) => cpuMs)),
      to_bare_script: medianRatio(wall(name), wall(names.bare)),
      to_bare_node: medianRatio(wall(name), wall(names.node)),
    };
  });
  return {
    rows,
    group_setup_ms: medianDifference(wall(names.limited), wall(names.unlimited)),
    fsync_ms: wall(names.onDisk).length === 0 ? null : medianDifference(wall(names.onDisk), wall(names.limited)),
    disturbed_samples: disturbed,
  };
}

/** Cold CLI with three limits against a bare Node script. */
export function coldTargets({ rows }: ColdResult): Target[] {
  const limited = rows.find(({ name }) => name === names.limited);
  const value = limited !== undefined && "to_bare_script" in limited ? limited.to_bare_script : Number.NaN;
  return [{ name: "cold CLI with three limits ÷ bare Node script that spawns it", value, limit: 1.2 }];
}

export function printColdStart(result: ColdResult): string {
  const head = ["cold start (ms)", "median", "p10", "p90", "cpu", "÷ script", "÷ node"];
  const rows = result.rows.flatMap((row) =>
    "missing" in row
      ? []
      : [
          [
            row.name,
            fixed(row.wall_ms.median),
            fixed(row.wall_ms.p10),
            fixed(row.wall_ms.p90),
            fixed(row.cpu_ms.median),
            fixed(row.to_bare_script),
            fixed(row.to_bare_node),
          ],
        ],
  );
  const missing = result.rows.flatMap((row) => ("missing" in row ? [`  missing: ${row.name}: ${row.missing}`] : []));
  const fsync = result.fsync_ms === null ? "not measured" : `${fixed(result.fsync_ms)} ms`;
  return [
    table(head, rows),
    ...missing,
    `  set-up, use and removal of the groups: ${fixed(result.group_setup_ms)} ms; result made durable on disk: ${fsync}`,
    `  samples taken on a busy machine: ${result.disturbed_samples}`,
  ].join("\n");
}
