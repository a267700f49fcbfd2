import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { clients, enrolBench } from "../shared/enrolling.ts";
import { makeFrame, str, u16, u32, u64 } from "../shared/raw-peer.ts";
import { program, requires } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const probe = "test/host/fixtures/enrol-probe.mjs";
const serverProgram = "test/host/fixtures/enrol-server.mjs";

interface Probed {
  readonly medianUs: number;
  readonly dropped: number;
  readonly state: string;
  readonly growthBytes: number;
}

/** Has a workload call the client many times and tell how long a call took; the state it ended in comes with it. */
async function probed(
  bench: ReturnType<typeof enrolBench>,
  env: Readonly<Record<string, string>> = {},
): Promise<Probed> {
  const run = bench.run(process.execPath, ["--expose-gc", probe, bench.socket], { env: { ...process.env, ...env } });
  const result = JSON.parse(await run.line("{")) as Probed;
  assert.equal(await run.ended(), 0, "the enrolment does not keep the process alive");
  return result;
}

test("the C example of docs/protocol.md compiles strictly, enrols, and is asked", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  const [example] = /(?<=^```c\n)[\s\S]*?(?=^```$)/m.exec(readFileSync("docs/protocol.md", "utf8")) ?? [];
  const source = path.join(bench.directory, "example.c");
  writeFileSync(source, example ?? "");
  const built = path.join(bench.directory, "example");
  for (const standard of ["c99", "c17"])
    execFileSync("gcc", [
      `-std=${standard}`,
      "-Wall",
      "-Wextra",
      "-Wpedantic",
      "-Werror",
      "-Inative/client",
      "-o",
      built,
      source,
    ]);
  const workload = bench.run(built, [], { env: { ...process.env, CORRAL_ENROL_SOCKET: bench.socket } });
  const enrolment = await bench.enrolled();
  const reply = await server.request(enrolment, bench.requestFor("r1"));
  assert.deepEqual([enrolment.name, enrolment.verbs, reply.status], ["cache", ["compress"], "done"]);
  assert.deepEqual([await workload.ended(), workload.lines()], [0, ["asked to compress"]]);
  assert.equal(await bench.unenrolled(enrolment), "unenrolled");
});

for (const [what, prepare] of [
  ["is absent", async () => {}],
  [
    "is stopped",
    async (bench: ReturnType<typeof enrolBench>) => {
      const server = bench.run(process.execPath, [serverProgram, bench.socket]);
      await server.line('{"kind":"serving"');
      server.child.kill("SIGSTOP");
    },
  ],
  ["lives", async (bench: ReturnType<typeof enrolBench>) => void bench.serve()],
] as const)
  test(`while the server ${what} no call of the client waits, and its memory is bounded`, async (t) => {
    const bench = enrolBench(t);
    await prepare(bench);
    const { medianUs, state, dropped, growthBytes } = await probed(bench);
    assert.ok(medianUs < scaled(1000), `a call took ${medianUs} us`);
    assert.ok(growthBytes < 8_000_000, `the workload grew by ${growthBytes} bytes`);
    assert.deepEqual([state, dropped > 0], [what === "lives" ? "enrolled" : "connecting", true]);
  });

test("the client works without the addon", async (t) => {
  const bench = enrolBench(t);
  bench.serve();
  assert.equal((await probed(bench, { CORRAL_NO_ADDON: "1" })).state, "enrolled");
});

for (const [language, client] of Object.entries(clients))
  test(`a workload of the ${language} client enrols again within 2 s of a server that was killed and comes back`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const first = bench.run(process.execPath, [serverProgram, bench.socket]);
    await first.line('{"kind":"serving"');
    const [command = "", ...args] = client();
    const workload = bench.run(command, [...args, "answer", bench.socket]);
    await first.line('{"kind":"enrolled"');
    first.child.kill("SIGKILL");
    await first.ended();
    await workload.line("connecting");
    const servedNs = process.hrtime.bigint();
    const server = bench.serve();
    const enrolment = await bench.enrolled();
    const tookMs = Number((enrolment.enrolledNs - servedNs) / 1_000_000n);
    assert.ok(tookMs < scaled(2000), `it took ${tookMs} ms`);
    assert.equal((await server.request(enrolment, bench.requestFor("r1"))).status, "done");
  });

for (const [language, client] of Object.entries(clients))
  test(`a workload of the ${language} client that found no server enrols when there is one, where the environment says`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const [command = "", ...args] = client();
    const env = { ...process.env, CORRAL_ENROL_SOCKET: "", CORRAL_STATE_DIR: bench.directory };
    bench.run(command, [...args, "answer"], { env });
    await new Promise((resolve) => setTimeout(resolve, 300));
    bench.serve({ socket: path.join(bench.directory, "run", "enrol", "enrol.sock") });
    await bench.enrolled();
  });

test("an orderly end of the server is the end of its enrolments, and is told", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve();
  const [command = "", ...args] = clients.TypeScript();
  const workload = bench.run(command, [...args, "answer", bench.socket]);
  const enrolment = await bench.enrolled();
  const reply = server.request(enrolment, bench.requestFor("r1", { verb: "trim" }));
  assert.equal((await reply).status, "done");
  await server.close();
  assert.equal(await bench.unenrolled(enrolment), "shutdown");
  await workload.line("connecting");
});

test("an action runs at a safe point, not before, and not once it has expired", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve();
  const workload = bench.run(process.execPath, ["test/host/fixtures/enrolled-workload.mjs", "tardy", bench.socket]);
  const enrolment = await bench.enrolled();
  const [soon, late] = await Promise.all([
    server.request(enrolment, bench.requestFor("soon", { withinMs: 150 })),
    server.request(enrolment, bench.requestFor("late")),
  ]);
  assert.deepEqual([soon.status, late.status], ["timeout", "done"]);
  const { receivedNs, safePointNs } = late.status === "done" ? late.phases : {};
  assert.ok((safePointNs ?? 0n) - (receivedNs ?? 0n) > 300_000_000n, "it waited for its safe point");
  await until("the refusal of the expired one", () => server.counters().lateAcks === 1);
  // Actions run in their order: that the later one ran says that the expired one will not.
  await workload.line("action late");
  assert.deepEqual(
    workload.lines().filter((line) => line.startsWith("action")),
    ["action late compress {}"],
  );
});

/** Numbers that look random and are the same in every run (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Frames of a server that has lost its mind: right and wrong types, lengths, texts and counts, in any order. */
function madness(seed: number): Buffer {
  const next = numbers(seed);
  const frames = Array.from({ length: 40 }, () => {
    const payload = Buffer.from(Array.from({ length: next(120) }, () => (next(3) === 0 ? next(256) : next(4))));
    const length = next(12) === 0 ? next(70_000) : payload.length;
    return makeFrame(next(18), payload, next(40) === 0 ? "COR3" : "COR2", length);
  });
  const helloOk = Buffer.concat([u16(2), u32(50), u32(20_000), u32(65_520), str("boot"), u32(1), u64(1n)]);
  const enrollOk = Buffer.concat([str("0".repeat(32)), u64(1n)]);
  const action = Buffer.concat([
    str("0".repeat(32)),
    str("r"),
    str("compress"),
    u64(2n ** 63n),
    u32(next(9)),
    Buffer.from("{}"),
  ]);
  return Buffer.concat([makeFrame(2, helloOk), makeFrame(4, enrollOk), makeFrame(6, action), ...frames]);
}

test("whatever a server says, both clients live on, and the C client stays within its memory", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const socket = path.join(bench.directory, "mad.sock");
  let connections = 0;
  const server = createServer((connection) => {
    connections += 1;
    connection.on("error", () => {});
    connection.write(madness(connections));
    setTimeout(() => connection.destroy(), 10);
  }).listen(socket);
  t.after(() => server.close());
  await once(server, "listening");
  const built = path.join(bench.directory, "checked");
  const checks = [
    "-g",
    "-D_GNU_SOURCE",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-Inative/client",
  ];
  execFileSync("gcc", [...checks, "-o", built, "test/host/fixtures/enrolled-workload.c"]);
  const [command = "", ...args] = clients.TypeScript();
  const workloads = [bench.run(built, ["answer", socket]), bench.run(command, [...args, "answer", socket])];
  await until("many connections", () => connections >= 24, 30_000);
  assert.deepEqual(
    workloads.map(({ child }) => [child.exitCode, child.signalCode]),
    workloads.map(() => [null, null]),
  );
});

test("nothing of the sockets stays open in a program that a workload executes", async (t) => {
  const bench = enrolBench(t);
  bench.serve();
  const [command = "", ...args] = clients.TypeScript();
  const workload = bench.run(command, [...args, "answer", bench.socket]);
  await bench.enrolled();
  const flags = readFileSync(`/proc/${workload.pid}/fdinfo/${socketOf(workload.pid)}`, "utf8");
  // O_CLOEXEC
  assert.notEqual(Number.parseInt(/flags:\s+(\d+)/.exec(flags)?.[1] ?? "0", 8) & 0o2000000, 0);
});

function socketOf(pid: number): string {
  const sockets = readdirSync(`/proc/${pid}/fd`).filter(
    (fd) => Number(fd) > 2 && readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:"),
  );
  return sockets[0] ?? "";
}
