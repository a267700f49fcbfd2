import { Chart, createExcelFile, createWorkbook, Drawings } from "excel-builder-vanilla";
import type { FleetComparison } from "../compare-runs.ts";
import type { StoredRun } from "../read-run.ts";
import { readSeriesCells } from "../read-series.ts";
import { planSheets } from "./plan-sheets.ts";
import type { Cell, Sheet, SheetChart } from "./sheet.ts";
import { rangeOf } from "./sheet.ts";

type Workbook = ReturnType<typeof createWorkbook>;

/** Of a cell; spreadsheets take no more. */
const longestText = 32_767;

/** No control characters, which are none of XML. */
const toCell = (cell: Cell): string | number =>
  typeof cell === "number"
    ? cell
    : (cell ?? "").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd").slice(0, longestText);

/** Columns and rows that a drawing covers, beside the table. */
const [chartWidth, chartHeight] = [12, 20];

function drawChart(workbook: Workbook, sheet: Sheet, { title, along, columns }: SheetChart, at: number): Chart | null {
  const categoriesRange = rangeOf(sheet, along);
  const series = columns.flatMap((column) => {
    const valuesRange = rangeOf(sheet, column);
    return valuesRange === null ? [] : [{ name: column, valuesRange }];
  });
  if (categoriesRange === null || series.length === 0) return null;
  const chart = new Chart({ type: "line", title, categoriesRange, series });
  workbook.addChart(chart);
  const [x, y] = [sheet.heading.length + 1, 1 + at * (chartHeight + 1)];
  chart.createAnchor("twoCellAnchor", { from: { x, y }, to: { x: x + chartWidth, y: y + chartHeight } });
  return chart;
}

function addSheet(workbook: Workbook, sheet: Sheet): void {
  const made = workbook.createWorksheet({ name: sheet.name });
  made.setData([[...sheet.heading], ...sheet.rows.map((row) => row.map(toCell))]);
  const charts = sheet.charts.flatMap((one, at) => drawChart(workbook, sheet, one, at) ?? []);
  if (charts.length > 0) {
    const drawings = new Drawings();
    for (const chart of charts) drawings.addDrawing(chart);
    made.addDrawings(drawings);
    workbook.addDrawings(drawings);
  }
  workbook.addWorksheet(made);
}

/** The bytes of a workbook with these sheets. */
export async function sheetsWorkbook(sheets: readonly Sheet[]): Promise<Uint8Array> {
  const workbook = createWorkbook();
  for (const sheet of sheets) addSheet(workbook, sheet);
  return createExcelFile(workbook, "Uint8Array");
}

/**
 * The bytes of a workbook with a sheet for every table of the runs.
 * @param comparison what is different between them; null: that is not wanted
 */
export const runsWorkbook = (runs: readonly StoredRun[], comparison: FleetComparison | null): Promise<Uint8Array> =>
  sheetsWorkbook(planSheets(runs, comparison, readSeriesCells));
