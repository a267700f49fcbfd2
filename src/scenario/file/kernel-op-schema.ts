import * as v from "valibot";
import { described, expects, section, text, wholeNumber } from "../../report/config/index.ts";
import { oneKey } from "./one-of.ts";
import { index } from "./values.ts";

/* Ops on kernel memory: they have their shape, so that a file that has them is understood, and are refused. */

const later = (schema: v.GenericSchema): typeof schema => described(schema, "Not supported yet.");

const target = oneKey({
  symbol: text,
  address: text,
  per_cpu_field: section({ symbol: text, field: text, cpu: index("a CPU") }),
  task_field: section({
    pid: wholeNumber("a process id", 1, 4_194_304),
    expected_start_time_ns: text,
    field: text,
  }),
});
const u32 = wholeNumber("a number", 0, 2 ** 32 - 1);
const value = oneKey({ u32, u64: text, bytes: text, or_u32: u32 });
const writes = section({ writes: v.array(section({ target, value }), expects("a list of writes")) });
const read = section({ tag: text, target, width: wholeNumber("a number of bytes", 1, 4096) });

const keyed = <T extends v.GenericSchema>(schema: T): T => later(schema) as unknown as T;

export const kernelOps = {
  capture_snapshot: keyed(section({ name: text })),
  watch_snapshot: keyed(section({ symbol: text })),
  write_kernel_hot: keyed(writes),
  write_kernel_cold: keyed(writes),
  read_kernel_hot: keyed(read),
  read_kernel_cold: keyed(read),
  pin_bpf_map: keyed(section({ name: text })),
  steer_irq: keyed(section({ irq: text, cpu: index("a CPU") })),
};
