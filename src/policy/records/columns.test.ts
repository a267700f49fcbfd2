import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { outcomes } from "../model/index.ts";
import { columns, escapeText, headers, laterColumns, originalCount, spellings, unescapeText } from "./index.ts";

const page = readFileSync(new URL("../../../docs/records.md", import.meta.url), "utf8");
const cellsBelow = (heading: string): string[][] =>
  [...((page.split(`\n${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "").matchAll(/^\| (.+) \|$/gm)]
    .map((match) => (match[1] ?? "").split(" | "))
    .slice(1);

test("docs/records.md lists every column with its kind and meaning, in the order of the file", () => {
  const wanted = columns.map(({ name, kind, meaning }) => [`\`${name}\``, `\`${kind}\``, meaning]);
  expect(cellsBelow("### Of the original")).toEqual(wanted.slice(0, originalCount));
  expect(cellsBelow("### Ours")).toEqual(wanted.slice(originalCount));
});

test("docs/records.md explains every kind of column and every outcome", () => {
  const kinds = cellsBelow("## COLUMNS").map(([kind]) => kind);
  expect(kinds).toEqual(Object.keys(spellings).map((kind) => `\`${kind}\``));
  expect(cellsBelow("## OUTCOMES")).toEqual(
    Object.entries(outcomes).map(([name, meaning]) => [`\`${name}\``, meaning]),
  );
});

test("the original columns are those of the original, 33, and 30 in its oldest files", () => {
  expect(headers.original).toBe(
    [
      "pid,generation,comm,workload_name,enrolled,use_mem_arena,exec_event_ns,deadline_ns,exit_event_ns",
      "parent_pid_last_seen,lineage_root_pid,compress_sent,compress_ack,exited,missed_due_to_no_enroll",
      "compress_request_ns,compress_ack_ns,compress_latency_ms,trigger_count,arena_cap_mb,arena_min_savings_pct",
      "region_mb,total_input_bytes_attempted,chunks_admitted,logical_input_bytes,compressed_bytes_live",
      "pool_bytes_live,pool_bytes_free,pool_compactions,compress_ops,decompress_ops,evictions_lru",
      "incompressible_chunks",
    ].join(","),
  );
  expect([headers.original.split(",").length, headers.oldest.split(",").length, laterColumns.size]).toEqual([
    33, 30, 3,
  ]);
  expect(headers.superset.startsWith(`${headers.original},schema,`)).toBe(true);
});

/** Any text of a process: Unicode, or bytes that are none (U+DC80 to U+DCFF). */
const anyName = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 0xdc80, max: 0xdcff }).map(String.fromCharCode),
      fc.constantFrom("\\", "\\x41", "\\x5c", "\u0000", "\u007f"),
    ),
  )
  .map((parts) => parts.join(""))
  // A byte after half of a pair would be a pair.
  .filter((text) => !/[\ud800-\udbff]/.test(text) || /^[\s\S]*$/u.test(text));

test("every name can be had back from its escaped text, which is well-formed and free of control characters", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const escaped = escapeText(name);
      expect(unescapeText(escaped)).toBe(name);
      expect(Buffer.from(escaped, "utf8").toString("utf8")).toBe(escaped);
      expect(escaped).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
    }),
    { numRuns: 2000 },
  );
});

test("plain names stay as they are", () => {
  for (const name of ["bash", "a,b", 'say "hi"', "two\nlines", "größe", "C:\\dir", "\ud83d\ude80"])
    expect(escapeText(name)).toBe(name);
});
