import { figure } from "../../checks/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { escapeMarkup } from "../markup.ts";
import { groupName, orDash } from "../words.ts";
import { round, width } from "./axis.ts";

type Latency = ScenarioDocument["cgroups"][number]["latencies"][number];

const kindWords: Readonly<Record<Latency["kind"], string>> = {
  wake: "wake-up latencies",
  cost: "time of an iteration",
  timer: "time after the timer",
};

/** Durations of every group, with how they are distributed. Empty when nobody has any. */
export function latencySection({ cgroups }: ScenarioDocument): string {
  const drawn = cgroups.flatMap(({ cgroup, latencies }) =>
    latencies
      .filter(({ samples }) => samples > 0)
      .map(
        (one) => `<h3>${escapeMarkup(groupName(cgroup))}: ${kindWords[one.kind]}</h3>${figures(one)}${histogram(one)}`,
      ),
  );
  return drawn.length === 0 ? "" : ["<section><h2>Latencies</h2>", ...drawn, "</section>"].join("\n");
}

const figures = ({ samples, mean_us, p50_us, p90_us, p99_us, p999_us, max_us }: Latency): string =>
  `<p>${[
    `${samples} samples`,
    `mean ${orDash(mean_us, " us")}`,
    `p50 ${orDash(p50_us, " us")}`,
    `p90 ${orDash(p90_us, " us")}`,
    `p99 ${orDash(p99_us, " us")}`,
    `p99.9 ${orDash(p999_us, " us")}`,
    `max ${orDash(max_us, " us")}`,
  ].join(", ")}</p>`;

const height = 96;
const bar = 40;

/** Bars, one for each power of two of microseconds; their heights are logarithms, for tails are what is looked for. */
function histogram({ histogram: ranges }: Latency): string {
  const most = Math.max(1, ...ranges.map(({ samples }) => samples));
  const drawn = ranges.map(({ below_us, samples }, at) => {
    const tall = round(((1 + Math.log10(samples)) / (1 + Math.log10(most))) * (height - 30));
    const x = 10 + at * bar;
    const title = `${samples} samples below ${figure(below_us)} us`;
    return `<g><title>${title}</title><rect class="bar" x="${x}" y="${round(height - 16 - tall)}" width="${bar - 4}" height="${tall}"/><text class="tick" x="${x + bar / 2}" y="${height - 4}">&lt;${figure(below_us)}</text></g>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="distribution, microseconds">${drawn.join("")}</svg>`;
}
