import { expect, test } from "vitest";
import type { AttemptRecord } from "../../records/index.ts";
import { headers } from "../../records/index.ts";
import { planMatrix, readOnly } from "./matrix-plan.ts";
import { MatrixCount } from "./matrix-summary.ts";

const plan = planMatrix(null, 20, (workload) => `/s/${workload}`);
const entryOf = (workload: string) => plan.find((one) => one.workload === workload) ?? plan[0];

test("the matrix has the workloads of the original with its parameters", () => {
  const asked = (workload: string) =>
    `--use-mem-arena --controller-enroll --controller-sock /s/${workload} --compress-policy external`;
  expect(plan.map(({ workload, target, args }) => [workload, target, args.join(" ")])).toEqual([
    [
      "anon_streamer",
      "triggerable",
      `--region-mb 512 --idle-ms 300 --arena-cap-mb 256 ${asked("anon_streamer")} --duration-sec 20 --json`,
    ],
    [
      "interactive_burst",
      "triggerable",
      `--region-mb 256 --active-ms 100 --idle-ms 400 --arena-cap-mb 128 ${asked("interactive_burst")} --duration-sec 20 --json`,
    ],
    [
      "random_touch_heap",
      "triggerable",
      `--region-mb 512 --ops-per-sec 400000 --arena-cap-mb 256 ${asked("random_touch_heap")} --duration-sec 20 --json`,
    ],
    [
      "mmap_churn",
      "triggerable",
      `--map-kb 512 --ops-per-sec 500 --arena-region-mb 128 --arena-cap-mb 128 ${asked("mmap_churn")} --duration-sec 20 --json`,
    ],
    ["fork_exit_storm", "observe_only", "--workers 4 --fork-rate 20 --duration-sec 20 --json"],
    ["fork_touch_exit", "observe_only", "--workers 4 --fork-rate 20 --touch-pages 64 --duration-sec 20 --json"],
    ["fork_exec_storm", "observe_only", "--workers 2 --fork-rate 10 --exec-path /bin/true --duration-sec 20 --json"],
  ]);
});

test("workloads are named either way, and run in the order of the matrix", () => {
  const only = readOnly("fork_exec_storm, anon-streamer");
  expect(planMatrix(only, 1, String).map(({ workload }) => workload)).toEqual(["anon_streamer", "fork_exec_storm"]);
  expect(() => readOnly("anon_streamer,nothing")).toThrow(/^takes anon-streamer, .*, not "nothing"$/);
});

/** A row with some of its cells, all else being nothing. */
const row = (cells: Partial<AttemptRecord>): AttemptRecord => ({
  ...(Object.fromEntries(headers.superset.split(",").map((name) => [name, null])) as unknown as AttemptRecord),
  ...{ enrolled: false, compress_sent: false, compress_ack: false, exited: false, missed_due_to_no_enroll: false },
  ...cells,
});

const rows: readonly AttemptRecord[] = [
  row({
    pid: 7,
    lineage_root_pid: 7,
    enrolled: true,
    compress_sent: true,
    compress_ack: true,
    outcome: "applied",
    saved_bytes: 90,
  }),
  row({
    pid: 8,
    lineage_root_pid: 7,
    exited: true,
    exit_event_ns: "5",
    deadline_ns: "1000000000000000000",
    outcome: "exited_before",
  }),
  row({
    pid: 9,
    lineage_root_pid: 7,
    missed_due_to_no_enroll: true,
    exited: true,
    exit_event_ns: "90",
    deadline_ns: "80",
    outcome: "not_enrolled",
  }),
  row({ pid: 10, lineage_root_pid: 3, compress_sent: true, compress_ack: true, outcome: "applied", saved_bytes: 7 }),
];

test("rows are those of the workload, of what it started, or of others", () => {
  const count = new MatrixCount(entryOf("anon_streamer") as never, 7);
  for (const one of rows) count.add(one);
  expect(Object.entries(count.summary)).toEqual([
    ["workload", "anon_streamer"],
    ["target_pid", 7],
    ["target_class", "triggerable"],
    ["rows_total", 4],
    ["target_tree_rows", 3],
    ["background_rows", 1],
    ["target_enrolled_rows", 1],
    ["target_triggered_rows", 1],
    ["target_acked_rows", 1],
    ["target_missed_no_enroll_rows", 1],
    ["skipped_ineligible_rows", 1],
    ["rows_compress_sent", 2],
    ["rows_compress_ack", 2],
    ["schema", "corral.workload-matrix-summary/1"],
    ["target_outcomes", { applied: 1, exited_before: 1, not_enrolled: 1 }],
    ["target_saved_bytes", 90],
  ]);
});

test("nobody could have asked a workload that only makes processes", () => {
  const count = new MatrixCount(entryOf("fork_exit_storm") as never, 7);
  for (const one of rows) count.add(one);
  expect(count.summary.skipped_ineligible_rows).toBe(3);
});
