import assert from "node:assert/strict";
import { test } from "node:test";
import { hostMounts, leftoversOf, requireVm, runScript } from "./support.ts";

for (const status of [0, 42, 137]) {
  test(`a command that ends with ${status} gives status ${status}`, async (t) => {
    if (!(await requireVm(t))) return;
    const mountsBefore = hostMounts();
    const run = await runScript(`exit ${status}`);
    assert.equal(run.exitStatus, status);
    assert.equal(run.failure, null);
    assert.equal(run.consoleTail, null);
    assert.deepEqual(leftoversOf(run.directory), []);
    assert.equal(hostMounts(), mountsBefore);
    t.diagnostic(`${run.kernelRelease}: boot ${run.bootMs?.toFixed(0)} ms, whole ${run.durationMs.toFixed(0)} ms`);
  });
}

test("a command killed by a signal gives 128 and the signal's number", async (t) => {
  if (!(await requireVm(t))) return;
  const run = await runScript("kill -TERM $$");
  assert.equal(run.exitStatus, 143);
});

test("a command that does not exist gives 127", async (t) => {
  if (!(await requireVm(t))) return;
  const run = await runScript("exec /no/such/program");
  assert.equal(run.exitStatus, 127);
  assert.match(run.output, /not found/);
});

test("output arrives while the command runs", async (t) => {
  if (!(await requireVm(t))) return;
  const arrivals: { text: string; at: number }[] = [];
  const onOutput = (chunk: Buffer): void => void arrivals.push({ text: chunk.toString(), at: performance.now() });
  await runScript("echo first; sleep 3; echo second", { onOutput });
  const first = arrivals.find(({ text }) => text.includes("first"));
  const second = arrivals.find(({ text }) => text.includes("second"));
  assert.ok(first && second && second.at - first.at > 2000, JSON.stringify(arrivals));
});

test("output is complete and byte for byte what was written", async (t) => {
  if (!(await requireVm(t))) return;
  const node = `process.stdout.write(Buffer.alloc(3_000_000, "0123456789\\t\\r\\n").toString())`;
  const run = await runScript(`node -e '${node}'; echo to-stderr >&2; echo reopened >/dev/stderr`);
  const expected = Buffer.alloc(3_000_000, "0123456789\t\r\n").toString();
  assert.equal(run.output.length, expected.length + "to-stderr\nreopened\n".length);
  assert.ok(run.output === `${expected}to-stderr\nreopened\n`);
});

test("the guest has every controller of cgroup v2, pressure, its own writable places and nothing of the host's", async (t) => {
  if (!(await requireVm(t))) return;
  process.env["CORRAL_TEST_SECRET"] = "of the host";
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
  assert.equal(run.exitStatus, 0, run.output);
  const [controllers = "", ...lines] = run.output.trimEnd().split("\n");
  const missing = ["cpuset", "cpu", "io", "memory", "pids"].filter((name) => !controllers.split(" ").includes(name));
  assert.deepEqual(missing, []);
  assert.deepEqual(lines, [
    ...["some", "67108864", "writable", "read-only", "[]", 'it\'s "given" $HOME', "/usr", "0", "no terminal"],
    ...[process.version, "268435456", "268435456"],
  ]);
});

test("four processors on two nodes are seen as such", async (t) => {
  if (!(await requireVm(t))) return;
  const run = await runScript("cd /sys/devices/system/node; cat node*/cpulist node*/distance; nproc", {
    cpus: 4,
    numaNodes: 2,
  });
  assert.deepEqual(run.output.trimEnd().split("\n"), ["0-1", "2-3", "10 20", "20 10", "4"]);
});

test("a background process that keeps the output open does not keep the guest running", async (t) => {
  if (!(await requireVm(t))) return;
  const run = await runScript("sleep 1000 & exit 3");
  assert.equal(run.exitStatus, 3);
});
