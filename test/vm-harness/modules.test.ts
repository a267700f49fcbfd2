import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { prepareKernel, probeVm } from "../../vm/index.ts";
import { requireVm, runScript } from "./support.ts";

// As many at a time as guests may run beside each other; most of each is booting.
describe("modules of a guest", { concurrency: availableParallelism() }, () => {
  for (const kernel of ["debian-stable", "debian-latest"] as const) {
    test(`${kernel} boots as what was downloaded, and modprobe and the kernel itself find its modules`, async (t) => {
      if (!(await requireVm(t))) return;
      const missing = (await probeVm()).requirements.filter(({ use, path }) => use === "modules" && path === null);
      if (missing.length > 0) return t.skip(`not installed: ${missing.map(({ name }) => name).join(", ")}`);
      const run = await runScript(
        [
          "modprobe zram && modprobe bfq && ls /dev/zram0",
          "echo bfq >/sys/block/nvme0n1/queue/scheduler && cat /sys/block/nvme0n1/queue/scheduler",
          "mkdir /run/upper /run/work /run/merged",
          "mount -t overlay -o lowerdir=/usr,upperdir=/run/upper,workdir=/run/work overlay /run/merged",
          "touch /run/merged/written && echo written",
        ].join("\n"),
        { kernel, modules: true },
      );
      assert.equal(run.kernelRelease, (await prepareKernel(kernel)).release);
      assert.deepEqual([run.output, run.exitStatus], ["/dev/zram0\nnone [bfq] \nwritten\n", 0]);
    });
  }
});
