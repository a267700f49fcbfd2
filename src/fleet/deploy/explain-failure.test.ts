import { describe, expect, test } from "vitest";
import { explainFailure } from "./explain-failure.ts";
import { readTold } from "./host-facts.ts";
import type { SshAnswer } from "./ssh.ts";
import { sshWords } from "./ssh.ts";
import { parseSshTarget } from "./ssh-target.ts";

const target = parseSshTarget("ops@web1:2222") ?? expect.unreachable();
const settings = { program: "ssh", options: ["User=x", "ConnectTimeout=3"] };
const fine: SshAnswer = { status: 0, out: "", err: "", notStarted: null, timedOut: false };
const explain = (answer: Partial<SshAnswer>, out = ""): readonly (string | null)[] | null => {
  const error = explainFailure(target, settings, { ...fine, ...answer }, readTold(out), 60_000);
  return error === null ? null : [error.message, error.found, error.fix];
};
const reached = "corral\treached\tyes\n";

test("ssh is told the user's options first, for they are the ones that count", () => {
  const options = ["User=x", "ConnectTimeout=3", "BatchMode=yes", "ConnectTimeout=10"];
  expect(sshWords(target, settings)).toEqual([...options.flatMap((one) => ["-o", one]), ...["-p", "2222"], "ops@web1"]);
});

describe("a failure", () => {
  test("is none when the script has run to its end", () => {
    expect(explain({}, reached)).toBeNull();
  });

  test("is one when nothing came of it, whatever the status", () => {
    expect(explain({})).toEqual([
      "ssh ended with status 0 and said nothing",
      null,
      "try it by hand: ssh -p 2222 ops@web1 true",
    ]);
  });

  test("of the script is told in its words", () => {
    const out = `${reached}corral\tfailed\tno\u001broom\ncorral\tfix\tmake some\n`;
    expect(explain({ status: 3, err: "df: what\n" }, out)).toEqual(["no?room", "df: what", "make some"]);
  });

  test("of a connection that broke is no failure to connect", () => {
    expect(explain({ status: 255, err: "Connection to web1 closed by remote host.\r\n" }, reached)?.[0]).toBe(
      "the connection broke: Connection to web1 closed by remote host.",
    );
  });

  test("of time names it", () => {
    expect([
      explain({ status: null, timedOut: true })?.[0],
      explain({ status: null, timedOut: true }, reached)?.[0],
    ]).toEqual(["it did not answer within 60 s", "it was not done within 60 s"]);
  });

  test("of ssh itself says how to have one", () => {
    expect(explain({ status: null, notStarted: "ENOENT" })).toEqual([
      "ssh cannot be started: ENOENT",
      null,
      "install ssh, or name it with --ssh or CORRAL_SSH",
    ]);
  });

  test.each([
    [
      "ops@web1: Permission denied (publickey).",
      "let ssh in without a question: ssh-copy-id -p 2222 ops@web1, or ssh-add the key",
    ],
    ["Host key verification failed.", "connect once by hand and look at its key: ssh -p 2222 ops@web1"],
    ["ssh: Could not resolve hostname web1: Name or service not known", "check the name"],
    ["ssh: connect to host web1 port 2222: Connection refused", "check the port, and whether sshd runs there"],
    ["ssh: connect to host web1 port 2222: Connection timed out", "check the address and the network"],
    ["command-line: line 0: Bad configuration option: nosuch", "correct --ssh-option"],
  ])("that ssh tells as %j has a remedy", (err, fix) => {
    expect(explain({ status: 255, err: `a warning before\n${err}\r\n` })).toEqual([err, err, fix]);
  });
});
