import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";

/** Perl is essential on Debian; Node has no datagram sockets of this family. */
const receiver = `
use Socket;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die;
bind($socket, pack("S a*", AF_UNIX, $ARGV[0])) or die $!;
$| = 1;
print "bound\\n";
while (defined recv($socket, my $text, 65536, 0)) { print join("\\x1f", split /\\n/, $text), "\\n"; }`;

/** The notifications of sd_notify(3) that arrive at a socket from now on, each as its lines. */
export async function receiveNotices(t: TestContext, address: string): Promise<() => readonly (readonly string[])[]> {
  const child = spawn("perl", ["-e", receiver, address], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(child.stdout, "data");
  return () =>
    text
      .split("\n")
      .slice(1, -1)
      .map((line) => line.split("\x1f"));
}
