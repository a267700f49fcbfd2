import type { Finding, FindingGroup, FindingStatus } from "./finding.ts";
import { findingGroups, findingStatuses } from "./finding.ts";

/** How a report looks: every member gets text without escapes and may add them. */
export interface Look {
  /** Columns of the terminal. */
  readonly width: number;
  readonly status: Readonly<Record<FindingStatus, string>>;
  readonly title: (text: string) => string;
  readonly colour: (status: FindingStatus, text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;

/** Words instead of symbols and colours: for pipes, files and NO_COLOR. */
export const plainLook = (width: number): Look => ({
  width,
  status: { yes: "yes", partly: "partly", no: "no", unknown: "unknown" },
  title: same,
  colour: (_status, text) => text,
  faint: same,
});

/** Narrower than this, columns are unreadable and lines wrap in the terminal instead. */
const minWidth = 80;
const gap = "  ";

/** Control characters, which file and device names may hold, as visible escapes. */
const visible = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** Breaks a word that is too long, after a slash, comma or underscore where there is one. */
function breakWord(word: string, width: number): string[] {
  const pieces: string[] = [];
  for (let rest = word; rest !== ""; ) {
    if (rest.length <= width) return [...pieces, rest];
    const line = rest.slice(0, width);
    const cut = Math.max(...["/", ",", "_"].map((mark) => line.lastIndexOf(mark))) + 1;
    const end = cut > 1 ? cut : width;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return pieces;
}

/** Breaks text into lines of at most `width` characters, at blanks where possible; at least one line. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of visible(text)
    .split(" ")
    .flatMap((one) => breakWord(one, width))) {
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

interface Columns {
  readonly status: number;
  readonly name: number;
  readonly found: number;
  readonly consequence: number;
  readonly probe: number;
}

function layOut(findings: readonly Finding[], look: Look): Columns {
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const status = longest(findingStatuses.map((one) => look.status[one]));
  const name = Math.min(20, longest(findings.map((finding) => finding.name)));
  const rest = Math.max(minWidth, look.width) - status - name - 4 * gap.length - gap.length;
  const found = Math.floor(rest * 0.32);
  const consequence = Math.floor(rest * 0.42);
  return { status, name, found, consequence, probe: rest - found - consequence };
}

function renderRow(finding: Finding, columns: Columns, look: Look): string[] {
  const name = wrapText(finding.name, columns.name);
  const found = wrapText(finding.found, columns.found);
  const consequence = wrapText(finding.consequence, columns.consequence);
  const probe = wrapText(finding.probe, columns.probe);
  const height = Math.max(name.length, found.length, consequence.length, probe.length);
  return Array.from({ length: height }, (_, row) => {
    const status = row === 0 ? look.status[finding.status] : "";
    const cells = [
      gap + look.colour(finding.status, status.padEnd(columns.status)),
      (name[row] ?? "").padEnd(columns.name),
      (found[row] ?? "").padEnd(columns.found),
      (consequence[row] ?? "").padEnd(columns.consequence),
    ];
    const last = probe[row] ?? "";
    return last === "" ? cells.join(gap).trimEnd() : [...cells, look.faint(last)].join(gap);
  });
}

/** The report for people: a table per section, then the summary. */
export function renderReport(findings: readonly Finding[], summary: string, look: Look): string {
  const columns = layOut(findings, look);
  const heading = [
    gap + "".padEnd(columns.status),
    "".padEnd(columns.name),
    "found".padEnd(columns.found),
    "consequence".padEnd(columns.consequence),
    "probe",
  ].join(gap);
  const lines = [look.faint(heading)];
  for (const group of Object.keys(findingGroups) as FindingGroup[]) {
    const members = findings.filter((finding) => finding.group === group);
    if (members.length === 0) continue;
    lines.push(look.title(findingGroups[group]), ...members.flatMap((finding) => renderRow(finding, columns, look)));
  }
  return `${[...lines, "", ...wrapText(summary, Math.max(minWidth, look.width))].join("\n")}\n`;
}
