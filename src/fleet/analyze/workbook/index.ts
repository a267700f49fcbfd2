/*
 * Runs as a workbook for spreadsheets: a sheet for every table, with what a run did second by second drawn. What is in the
 * sheets is planned without the library that writes them. Loaded by who wants a workbook only.
 */
export { runsWorkbook } from "./runs-workbook.ts";
