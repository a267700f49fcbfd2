import assert from "node:assert/strict";
import { test } from "node:test";
import { probeVm } from "../../vm/index.ts";
import { requireVm, runScript } from "./support.ts";

for (const kernel of ["debian-stable", "debian-latest"] as const) {
  test(`modprobe and the kernel itself find the modules of ${kernel}`, async (t) => {
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
    assert.deepEqual([run.output, run.exitStatus], ["/dev/zram0\nnone [bfq] \nwritten\n", 0]);
  });
}
