import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { hostMounts, leftoversOf, type ObservedRun, requireVm, runScript } from "./support.ts";

/** The command's status came back whole, and the guest has left nothing on the host. */
function assertEnded(run: ObservedRun, status: number): void {
  assert.deepEqual([run.exitStatus, run.failure, run.consoleTail], [status, null, null], run.output);
  assert.deepEqual(leftoversOf(run.directory), []);
}

// As many at a time as guests may run beside each other; most of each is booting, so each shows what it can.
describe("a guest", { concurrency: availableParallelism() }, () => {
  test("output arrives while the command runs; one killed by a signal gives 128 and the signal's number", async (t) => {
    if (!(await requireVm(t))) return;
    const arrivals: { text: string; at: number }[] = [];
    const onOutput = (chunk: Buffer): void => void arrivals.push({ text: chunk.toString(), at: performance.now() });
    const run = await runScript("echo first; sleep 3; echo second; kill -TERM $$", { onOutput });
    const first = arrivals.find(({ text }) => text.includes("first"));
    const second = arrivals.find(({ text }) => text.includes("second"));
    assert.ok(first && second && second.at - first.at > 2000, JSON.stringify(arrivals));
    assertEnded(run, 143);
    t.diagnostic(`${run.kernelRelease}: boot ${run.bootMs?.toFixed(0)} ms, whole ${run.durationMs.toFixed(0)} ms`);
  });

  test("output is complete and byte for byte what was written; a command that ends with 137 gives status 137", async (t) => {
    if (!(await requireVm(t))) return;
    const node = `process.stdout.write(Buffer.alloc(3_000_000, "0123456789\\t\\r\\n").toString())`;
    const run = await runScript(`node -e '${node}'; echo to-stderr >&2; echo reopened >/dev/stderr; exit 137`);
    const expected = Buffer.alloc(3_000_000, "0123456789\t\r\n").toString();
    assert.equal(run.output.length, expected.length + "to-stderr\nreopened\n".length);
    assert.ok(run.output === `${expected}to-stderr\nreopened\n`);
    assertEnded({ ...run, output: "" }, 137);
  });

  test("the guest has every controller of cgroup v2, pressure, its own writable places and nothing of the host's", async (t) => {
    if (!(await requireVm(t))) return;
    process.env["CORRAL_TEST_SECRET"] = "of the host";
    const mountsBefore = hostMounts();
    const run = await runScript(
      [
        "cat /sys/fs/cgroup/cgroup.subtree_control",
        "head -c 4 /proc/pressure/memory; echo",
        "mkdir /sys/fs/cgroup/g && echo 67108864 >/sys/fs/cgroup/g/memory.max && cat /sys/fs/cgroup/g/memory.max",
        "touch $HOME/a $TMPDIR/a /run/a /var/tmp/a /dev/shm/a && echo writable",
        "touch /etc/corral-test 2>/dev/null || echo read-only",
        `echo "[$CORRAL_TEST_SECRET$NODE_EXTRA_CA_CERTS]"`,
        "echo $GIVEN",
        "pwd; id -u; [ -t 1 ] || echo no terminal; node --version; blockdev --getsize64 /dev/nvme0n1 /dev/nvme1n1",
      ].join("\n"),
      { env: { GIVEN: 'it\'s "given" $HOME' }, disks: 2, cwd: "/usr" },
    );
    assertEnded(run, 0);
    assert.equal(hostMounts(), mountsBefore);
    const [controllers = "", ...lines] = run.output.trimEnd().split("\n");
    const missing = ["cpuset", "cpu", "io", "memory", "pids"].filter((name) => !controllers.split(" ").includes(name));
    assert.deepEqual(missing, []);
    assert.deepEqual(lines, [
      ...["some", "67108864", "writable", "read-only", "[]", 'it\'s "given" $HOME', "/usr", "0", "no terminal"],
      ...[process.version, "268435456", "268435456"],
    ]);
  });

  test("four processors on two nodes are seen as such; a command that ends with 42 gives status 42", async (t) => {
    if (!(await requireVm(t))) return;
    const run = await runScript("cd /sys/devices/system/node; cat node*/cpulist node*/distance; nproc; exit 42", {
      cpus: 4,
      numaNodes: 2,
    });
    assert.deepEqual(run.output.trimEnd().split("\n"), ["0-1", "2-3", "10 20", "20 10", "4"]);
    assertEnded(run, 42);
  });

  test("a background process that keeps the output open does not keep the guest running; what does not exist gives 127", async (t) => {
    if (!(await requireVm(t))) return;
    const run = await runScript("sleep 1000 & exec /no/such/program");
    assert.match(run.output, /not found/);
    assertEnded(run, 127);
  });
});
