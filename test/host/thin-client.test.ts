/** The native client beside Node's `corral tool run`: whatever is asked of them, both do the same. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GroupParent, host, makeGroupParent } from "../shared/group-parent.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { until } from "../shared/timing.ts";
import { type MemoryHog, manyCallsConfig, runManyCalls } from "../vm/guard/many-calls.ts";
import {
  clearPlace,
  corralProgram,
  type GuardUnderTest,
  groupNames,
  type Line,
  startGuard,
  thinClient,
  toolPrograms,
} from "../vm/guard/support.ts";

const place = newHostPlace();
const log = join(place.home, "tools.jsonl");
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  const config = `{ version: 1, tool_log: ${log}, sessions: [{ name: s }] }`;
  // Without controllers no limit holds, and none is looked at here.
  guard = await startGuard(place, { config, env: withoutControllers });
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client without stopping this process, which may be the server that it speaks to. */
function run(words: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const [file = "", ...args] = words;
  const { NODE_EXTRA_CA_CERTS: _, ...own } = process.env;
  const child = spawn(file, args, { env: { ...own, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
}

const toolRun = (...words: readonly string[]): readonly string[] => ["tool", "run", ...words];
const inSession = (...words: readonly string[]): readonly string[] =>
  toolRun("--session", "s", "--socket", guard.socket, ...words);

/** What both say to the same words; asserted to be the same. */
async function both(words: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const native = await run([thinClient(), ...words], env);
  assert.deepEqual(native, await run([...corralProgram(), ...words], env), words.join(" "));
  return native;
}

test("exit status, output and words on stderr are those of Node's client", { skip }, async () => {
  const script = join(place.home, "script");
  writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
  writeFileSync(join(place.home, "plain"), "text", { mode: 0o644 });
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [inSession("--", "sh", "-c", "echo out; echo err >&2; exit 3"), 3, /^err$/m],
    [inSession("sh", "-c", "exit $#", "--", "a", "--help"), 2, /^$/],
    [inSession("--", "sh", "-c", "kill -KILL $$"), 137, /^$/],
    [inSession("--", "sh", "-c", "kill -HUP $$"), 129, /^$/],
    [inSession("--hint", "time=200ms", "--", "sleep", "600"), 137, /^\[Resource\] .* after 0\.2 s/],
    [
      inSession("--hint", "nonsense memory:lots", "--", "true"),
      0,
      /^\[Resource\] The hint was not heeded as a whole: part 1 is none of memory, [^;]*; part 2: memory expects low, [^;]*\.\n$/,
    ],
    [inSession("--", "no-such-program"), 127, /"no-such-program": command not found/],
    [inSession("--", "/no/such\n\u007fprogram"), 127, /"\/no\/such\\n\\u007fprogram": command not found/],
    [inSession("--", `/no/${"long€".repeat(40)}`), 127, /€l…": command not found/],
    [inSession("--", script), 127, /needs an interpreter/],
    [inSession("--", place.home), 126, /is a directory/],
    [inSession("--", join(place.home, "plain")), 126, /permission denied/],
    [inSession("--", ""), 2, /no command was given/],
    [inSession(), 2, /no command was given/],
    [inSession("--no-such-flag", "--", "true"), 2, /there is no flag --no-such-flag/],
    [inSession("--hint", "a", "--hint", "b", "--", "true"), 2, /given more than once/],
    [inSession("--report", "-", "--", "true"), 2, /not -/],
    [inSession("--retry", "9", "--", "true"), 2, /--retry expects 0, 1 or 2, not "9"/],
    [inSession("--retry", "--", "true"), 2, /--retry needs a value; give it as --retry N/],
    [inSession("--retry", "1", "--idempotent", "--", "sh", "-c", "echo out; exit 5"), 5, /^$/],
    [inSession("--idempotent", "--hint", "gpu=1", "--", "true"), 0, /^\[Resource\] The hint was not heeded/],
    [inSession("--retry=1", "--", "no-such-program"), 127, /command not found/],
    [inSession("--hint"), 2, /--hint needs a value; give it as --hint HINT/],
    [inSession("--idempotent=no", "--", "sh", "-c", "exit 6"), 6, /^$/],
    [inSession("-x", "--", "true"), 2, /there is no flag -x; see --help/],
    [inSession("--report", "/no/such/place", "--", "true"), 125, /cannot write the report/],
    [toolRun("--session", "none", "--socket", guard.socket, "--", "true"), 125, /there is no session "none"/],
    [toolRun("--session", "NO!", "--socket", guard.socket, "--", "true"), 2, /./],
    [toolRun("--socket", guard.socket, "--", "true"), 125, /names no session.*; name one with --session/],
    [toolRun("--socket", "/no/such.sock", "--", "true"), 125, /no corral guard answers at \/no\/such\.sock: ENOENT/],
  ];
  for (const [words, status, pattern] of cases) {
    const said = await both(words);
    assert.equal(said.status, status, words.join(" "));
    assert.match(said.stderr, pattern, words.join(" "));
  }
  assert.deepEqual(groupNames(`${guard.root}/s/tools`), []);
});

test("a command that cannot be executed is told to the guard and the log with the status that the caller has", {
  skip,
}, async () => {
  for (const [name, program] of toolPrograms) {
    const [file = "", ...args] = program();
    for (const [command, status] of [
      [join(place.home, "plain"), 126],
      [place.home, 126],
      ["no-such-program", 127],
    ] as const) {
      const child = spawn(file, [...args, ...inSession("--", command)], { stdio: "ignore" });
      const exited = await new Promise((resolve) => child.on("close", resolve));
      const ended = await guard.seen("TOOL_ENDED", ({ call }) => String(call).startsWith(`tool_${child.pid}_`));
      const logged = JSON.parse(readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "");
      assert.deepEqual([exited, ended["exit_code"], logged["exit"]], [status, status, status], `${name}: ${command}`);
    }
  }
});

test("who starts a call in a frozen session is told why it waits, and it runs when the session goes on", {
  skip,
}, async () => {
  const line = "[Resource] The session is frozen: the tool call starts when the session goes on.\n";
  for (const [name, program] of toolPrograms) {
    await guard.client.freezeSession("s");
    const [file = "", ...args] = program();
    const child = spawn(file, [...args, ...inSession("--", "echo", "ran")], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    const end = new Promise((resolve) => child.on("close", resolve));
    await until(`${name} to say that it waits`, () => stderr === line);
    assert.equal(stdout, "", name);
    await guard.client.thawSession("s");
    assert.deepEqual([await end, stdout, stderr], [0, "ran\n", line], name);
  }
});

test("session, hint and socket come from the same variables", { skip }, async () => {
  const env = { CORRAL_SESSION: "s", CORRAL_GUARD_SOCKET: guard.socket, AGENT_RESOURCE_HINT: "time=200ms" };
  assert.equal((await both(toolRun("--", "sleep", "600"), env)).status, 137);
  assert.equal((await both(toolRun("--", "true"), { ...env, CORRAL_SESSION: "" })).status, 125);
});

test("the command is in its group before it executes, as a child of the client", { skip }, async () => {
  const { stdout } = await run([thinClient(), ...inSession("--", "grep", "^0::", "/proc/self/cgroup")]);
  assert.match(stdout, /^0::\/corral-guardtest-\d+-\d+\/s\/tools\/tool_\d+_\d+\n$/);
});

test("a report has the form, the members and the mode of Node's", { skip }, async () => {
  const texts = [];
  for (const [, program] of toolPrograms) {
    const file = join(place.home, `report-${texts.length}`);
    await run([...program(), ...inSession("--report", file, "--", "sh", "-c", "exit 4")]);
    const text = readFileSync(file, "utf8");
    const document = JSON.parse(text) as Record<string, unknown>;
    assert.equal(text, `${JSON.stringify(document, null, 2)}\n`);
    assert.deepEqual([document["exit_code"], document["removed"]], [4, true]);
    texts.push([Object.keys(document), statSync(file).mode]);
  }
  assert.deepEqual(texts[0], texts[1]);
});

test("a command line arrives in the log as Node tells it, whatever its bytes are", { skip }, async () => {
  const hardly = String.raw`printf '\001 " \\ \177 \303\251 \360\237\220\204 \377 \303 \340\200 \355\240\200 \364\220 \342\202|'`;
  const commands = [];
  for (const [, program] of toolPrograms) {
    const words = ["sh", "-c", `word=$(${hardly}); exec "$@" "$word\ttab"`, "sh", ...program()];
    await run([...words, ...inSession("--", "true")]);
    commands.push(JSON.parse(readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "")["cmd"]);
  }
  assert.equal(commands[0], commands[1]);
  assert.match(commands[0] ?? "", /^true \u0001 " \\ \u007f é 🐄 \ufffd \ufffd \ufffd\ufffd /);
});

test("a signal reaches the command; a killed client takes it along", { skip }, async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) {
    const script = "trap 'exit 9' TERM INT USR1; echo ready; while :; do sleep 0.1; done";
    const child = spawn(thinClient(), inSession("--", "sh", "-c", script), { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill(signal);
    assert.equal(await new Promise((resolve) => child.on("close", resolve)), 9, signal);
  }
  const killed = spawn(thinClient(), inSession("--", "sleep", "600"), { stdio: "ignore" });
  const isIts = ({ call }: Line): boolean => String(call).startsWith(`tool_${killed.pid}_`);
  await guard.seen("TOOL_STARTED", isIts);
  killed.kill("SIGKILL");
  assert.equal((await guard.seen("TOOL_ENDED", isIts))["reason"], "abandoned");
  await until("its group to go", () => groupNames(`${guard.root}/s/tools`).length === 0);
});

test("the variable that was put aside for Node's sake is given back, and put aside for all else", {
  skip,
}, async () => {
  const shown = await run(
    [thinClient(), ...inSession("--", "sh", "-c", 'echo "$NODE_EXTRA_CA_CERTS" "$CORRAL_SAVED_NODE_EXTRA_CA_CERTS"')],
    { CORRAL_SAVED_NODE_EXTRA_CA_CERTS: "/my/certs" },
  );
  assert.equal(shown.stdout, "/my/certs \n");
  // Node would warn of a file that does not exist.
  const version = await run([thinClient(), "--version"], { NODE_EXTRA_CA_CERTS: "/no/such/file" });
  assert.deepEqual([version.status, version.stderr], [0, ""]);
});

/** Serves what is no guard for the length of `use`. */
async function withServer(answer: (client: Socket, request: number) => void, use: (path: string) => Promise<void>) {
  const path = join(place.home, "fake.sock");
  const server = createServer((client) => {
    let request = 0;
    client.on("error", () => {});
    client.on("data", () => answer(client, request++));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await use(path);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const httpOf = (status: number, body: string, length = Buffer.byteLength(body)): string =>
  `HTTP/1.1 ${status} x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;

test("what answers and is no guard runs nothing, and is told as Node tells it", { skip }, async () => {
  const marker = join(place.home, "ran");
  const replies = [
    "",
    "nonsense\r\n\r\n",
    "HTTP/1.1 abc x\r\nContent-Length: 2\r\n\r\n{}",
    httpOf(201, "{}"),
    httpOf(201, '{"call":"tool_1_1"', 18),
    httpOf(201, '{"call":"tool_1_1","group":"/x"}', 300_000_000),
    httpOf(500, "[]"),
    httpOf(201, '["call"'),
  ];
  for (const reply of replies) {
    await withServer(
      (client) => client.end(reply),
      async (path) => {
        const words = toolRun("--session", "s", "--socket", path, "--", "touch", marker);
        const { status, stdout, stderr } = await run([thinClient(), ...words]);
        assert.deepEqual([status, stdout, existsSync(marker)], [125, "", false], `${reply}: ${stderr}`);
      },
    );
  }
});

const started = httpOf(201, '{"call":"tool_1_1","session":"s","group":"/no/such","limits":[],"lowered":[]}');

test("a signal that comes before the command reaches it as its first", { skip }, async () => {
  let ask: (() => void) | null = null;
  const answer = (client: Socket, request: number): void => {
    if (request === 0) ask = () => client.write(started);
    else client.write(httpOf(200, "{}"));
  };
  await withServer(answer, async (path) => {
    const words = toolRun("--session", "s", "--socket", path, "--", "sleep", "600");
    const child = spawn(thinClient(), words, { stdio: "ignore" });
    await until("the client to ask", () => ask !== null);
    child.kill("SIGTERM");
    const end = new Promise((resolve) => child.on("close", (code, signal) => resolve([code, signal])));
    (ask as unknown as () => void)();
    assert.deepEqual(await end, [143, null]);
  });
});

test("a guard that goes away does not take the command's end from its client", { skip }, async () => {
  await withServer(
    (client, request) => (request < 2 ? client.write(request === 0 ? started : httpOf(200, "{}")) : client.destroy()),
    async (path) => {
      const said = await both(toolRun("--session", "s", "--socket", path, "--", "sh", "-c", "echo out; exit 6"));
      assert.deepEqual([said.status, said.stdout], [6, "out\n"]);
      assert.match(said.stderr, /^\[corral\] WARNING: the guard went away meanwhile/);
    },
  );
});

test("a join that is refused is told, and the command not run", { skip }, async () => {
  const refusal = httpOf(
    403,
    '{"error":{"code":"GUARD_DENIED","message":"no \\"way\\"","object":null,"found":null,"fix":"go"}}',
  );
  const replies = [started, refusal, httpOf(200, '{"feedback":null}')];
  await withServer(
    (client, request) => client.write(replies[request] ?? ""),
    async (path) => {
      const said = await both(toolRun("--session", "s", "--socket", path, "--", "echo", "ran"));
      assert.deepEqual(said, { status: 125, stdout: "", stderr: '[corral] no "way"; go\n' });
    },
  );
});

test("what the native client does not do itself it leaves to Node", () => {
  for (const words of [
    ["--version"],
    ["--help"],
    ["tool", "run", "--help"],
    ["tool", "run", "--retry", "1", "--help"],
    ["tool", "run", "--help", "--all"],
    ["tool", "--help"],
    ["tool"],
    ["tool", "rnu"],
    ["tool", "run", "--hlep"],
    ["run", "--help"],
    ["guard", "bench"],
    ["session", "list", "x"],
    ["nonsense"],
    [],
  ]) {
    const outcomes = [[thinClient()], corralProgram()].map(([file = "", ...args]) => {
      const { status, stdout, stderr } = spawnSync(file, [...args, ...words], { encoding: "utf8" });
      return { status, stdout, stderr };
    });
    assert.deepEqual(outcomes[0], outcomes[1], words.join(" "));
  }
});

/** As many MiB as the group has in which calls run out of memory. */
const hogLimitMib = 16;
const textOf = (path: string): string => readFileSync(path, "latin1").trim();

const hasSwap = (): boolean => textOf("/proc/swaps").split("\n").length > 1;

/**
 * A group of cgroup v1 in which `tail`, which keeps all of a line, is killed soon; null where memory is no matter of v1, or where
 * there is swap that no group is kept from (swapaccount=0).
 */
function makeHog(parent: GroupParent): { readonly hog: MemoryHog; readonly kills: () => number } | null {
  if (host.owner.memory?.version !== 1) return null;
  const group = parent.groupOf("memory", "hogs") ?? "";
  mkdirSync(group);
  const withSwap = `${group}/memory.memsw.limit_in_bytes`;
  if (!existsSync(withSwap) && hasSwap()) return null;
  for (const file of [`${group}/memory.limit_in_bytes`, withSwap])
    if (existsSync(file)) writeFileSync(file, String(hogLimitMib * 2 ** 20));
  const kills = (): number => Number(/^oom_kill (\d+)$/m.exec(textOf(`${group}/memory.oom_control`))?.[1]);
  return { hog: { flags: [], command: `echo 0 >${group}/cgroup.procs; tail /dev/zero` }, kills };
}

test("a thousand calls leave no group and no call, however they end", { skip }, async (t) => {
  const parent = makeGroupParent();
  const many = newHostPlace();
  const settings = { config: manyCallsConfig, env: withoutControllers };
  const own = await startGuard(many, settings);
  try {
    const memory = makeHog(parent);
    if (memory === null) t.diagnostic("none runs out of memory: no memory controller of v1 that limits swap too");
    const { made, hogs, reasons } = await runManyCalls(own, many, 1000, memory?.hog ?? null);
    t.diagnostic(`${JSON.stringify(made)}; ${memory?.kills() ?? 0} kills for lack of memory`);
    assert.equal(reasons["timeout"], made["out of time"]);
    assert.ok((reasons["abandoned"] ?? 0) >= (made["client killed"] ?? 0) + (made["client killed with children"] ?? 0));
    if (memory !== null) assert.ok(hogs > 0 && memory.kills() >= hogs, `${memory.kills()} kills of ${hogs}`);
  } finally {
    await own.end("SIGKILL");
    await clearPlace(many);
    await parent.removeJob("hogs");
    await parent.remove();
  }
});
