import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { notifySystemd } from "../../src/kernel/index.ts";
import { openDescriptors, withoutAddon } from "./support.ts";

/** Perl is essential on Debian; Node has no datagram sockets of this family. `@` in an address stands for NUL. */
const receiver = `
use Socket;
my ($name) = @ARGV;
$name =~ s/^@/\\0/;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die;
bind($socket, pack("S a*", AF_UNIX, $name)) or die $!;
$| = 1;
print "bound\\n";
while (defined recv($socket, my $text, 65536, 0)) { last if $text eq "end"; print length($text), ":", $text, "\\n"; }`;

/** What arrives at an address while `body` runs. */
async function received(address: string, body: () => void): Promise<string> {
  const child = spawn("perl", ["-e", receiver, address], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(child.stdout, "data");
  body();
  assert.deepEqual(notifySystemd("end", { NOTIFY_SOCKET: address }), { sent: true, reason: null });
  await once(child, "close");
  return text;
}

const folder = mkdtempSync(path.join(tmpdir(), "corral-notify-"));
test.after(() => rmSync(folder, { recursive: true }));

for (const [kind, address] of [
  ["a path", path.join(folder, "socket")],
  ["an abstract name", `@corral-test-${process.pid}`],
] as const)
  test(`a notification arrives whole at ${kind}`, async () => {
    const text = await received(address, () => {
      const result = notifySystemd("READY=1\nSTATUS=über", { NOTIFY_SOCKET: address });
      assert.deepEqual(result, { sent: true, reason: null });
    });
    assert.equal(text, `bound\n20:READY=1\nSTATUS=${Buffer.from("über").toString("latin1")}\n`);
  });

test("without a listener nothing is thrown, the result says why", async () => {
  const refusals = [
    [{}, "NOTIFY_SOCKET is not set"],
    [{ NOTIFY_SOCKET: "" }, "NOTIFY_SOCKET is not set"],
    [{ NOTIFY_SOCKET: "vsock:1" }, "NOTIFY_SOCKET is neither a path nor an abstract name"],
    [{ NOTIFY_SOCKET: `${folder}/no` }, `nothing can be sent to ${folder}/no: ENOENT`],
    [{ NOTIFY_SOCKET: "@corral-no" }, "nothing can be sent to @corral-no: ECONNREFUSED"],
    [{ NOTIFY_SOCKET: `/${"x".repeat(200)}` }, `nothing can be sent to /${"x".repeat(200)}: ENAMETOOLONG`],
  ] as const;
  const before = openDescriptors().length;
  for (const [environment, reason] of refusals) {
    assert.deepEqual(notifySystemd("READY=1", environment), { sent: false, reason });
  }
  assert.equal(openDescriptors().length, before);
  const without = await withoutAddon(async () => notifySystemd("READY=1", { NOTIFY_SOCKET: "@x" }));
  assert.deepEqual(without, { sent: false, reason: "the native addon is missing" });
});
