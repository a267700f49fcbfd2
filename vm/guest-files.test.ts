import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { guestEnvironment, renderGuestSettings, renderJob, renderKernelCommandLine } from "./guest-files.ts";

const settings = {
  nonce: "abc",
  init: "plain",
  modulesRoot: null,
  passesSignal: false,
  neededPaths: ["/srv/project"],
} as const;

test("/tmp and /var become writable", () => {
  expect(renderGuestSettings(settings)).toBe(
    "nonce='abc'\ninit='plain'\ntmpfs_directories='/tmp'\ntmpfs_var='1'\nmodules_root=''\npasses_signal='0'\n",
  );
});

test.each([
  ["/tmp/project", "tmpfs_directories=''\ntmpfs_var='1'\n"],
  ["/var/lib/project", "tmpfs_directories='/tmp /var/tmp'\ntmpfs_var='0'\n"],
  ["/var/tmp/project", "tmpfs_directories='/tmp'\ntmpfs_var='0'\n"],
])("a project in %s stays visible", (path, expected) => {
  expect(renderGuestSettings({ ...settings, neededPaths: [path] })).toContain(expected);
});

test("the job becomes the command with its arguments, directory and environment as given", () => {
  const script = `process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.GIVEN, process.cwd(), process.env.HOST]))`;
  const args = ["it's", "", "$HOME `x`", "-n", "two\nlines", "a=b"];
  const job = renderJob(
    { command: [process.execPath, "-e", script, "--", ...args], cwd: "/usr/bin", env: { GIVEN: "'\"$" } },
    process.execPath,
  );
  const output = execFileSync("/bin/sh", ["-c", job], { env: { HOST: "visible" } });
  expect(JSON.parse(output.toString())).toEqual([args, "'\"$", "/usr/bin", null]);
});

test("a working directory that is not there ends the job with 125", () => {
  const job = renderJob({ command: ["true"], cwd: "/no/such/directory", env: {} }, "/usr/bin/node");
  expect(() => execFileSync("/bin/sh", ["-c", job], { stdio: "ignore" })).toThrow(
    expect.objectContaining({ status: 125 }),
  );
});

test("node is found where the host has it", () => {
  expect(guestEnvironment("/opt/node/bin/node")["PATH"]).toMatch(
    /^\/run\/corral-vm\/bin:\/opt\/node\/bin:\/usr\/local\/sbin:/,
  );
  expect(guestEnvironment("/usr/bin/node")["PATH"]).toMatch(/^\/run\/corral-vm\/bin:\/usr\/local\/sbin:/);
});

test("the kernel starts the host-made init on a read-only root", () => {
  expect(renderKernelCommandLine("/tmp/vm", "plain", ["psi=0"])).toBe(
    "console=ttyS0 panic=-1 quiet psi=1 root=rootfs rootfstype=virtiofs ro init=/tmp/vm/guest/init CORRAL_VM_DIR=/tmp/vm psi=0",
  );
  expect(renderKernelCommandLine("/tmp/vm", "systemd", [])).toMatch(/ systemd\.unified_cgroup_hierarchy=1$/);
});
