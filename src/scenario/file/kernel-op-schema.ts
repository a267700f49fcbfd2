import * as v from "valibot";
import { notOffered } from "../../report/config/index.ts";

/* Ops on kernel memory: a file that has one is told that it is refused, whatever stands in it. */

const refused = () =>
  notOffered(
    v.pipe(
      v.unknown(),
      v.check(() => false, "is not supported yet; leave it out: nothing here reaches into the kernel"),
      v.description("Not supported yet."),
    ),
  );

export const kernelOps = {
  capture_snapshot: refused(),
  watch_snapshot: refused(),
  write_kernel_hot: refused(),
  write_kernel_cold: refused(),
  read_kernel_hot: refused(),
  read_kernel_cold: refused(),
  pin_bpf_map: refused(),
  steer_irq: refused(),
};
