/** What a guard serves to Prometheus, to who watches over services and to programs: the same numbers (R50). */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { page } from "../shared/page.ts";
import type { Family } from "../shared/prometheus.ts";
import { parsePrometheus } from "../shared/prometheus.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, corralProgram, type GuardUnderTest, sleeperIn, startGuard } from "../vm/guard/support.ts";

const place = newHostPlace();
const listen = join(place.home, "metrics.sock");
const config = (sessions: string): string => `{ version: 1, listen: "unix:${listen}", sessions: [${sessions}] }`;
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  // Without controllers no limit holds, and none is looked at here.
  const env = withoutControllers;
  guard = await startGuard(place, { config: config("{ name: s, class: low }"), env });
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

async function families(): Promise<Readonly<Record<string, Family>>> {
  const { status, body } = await page(listen, "/metrics");
  assert.equal(status, 200);
  return parsePrometheus(body);
}

async function seriesOf(family: string, labels = ""): Promise<number | undefined> {
  return (await families())[family]?.series[`${family}${labels}`];
}

test("every family of the guard is there, of its type, with a line of help", { skip }, async () => {
  const types = Object.entries(await families()).map(([name, { type, help }]) => [name, type, help !== ""]);
  assert.deepEqual(
    types.filter(([name]) => !String(name).includes("_memory_") || name === "corral_guard_session_memory_bytes"),
    [
      ["corral_guard_start_time_seconds", "gauge", true],
      ["corral_guard_health", "gauge", true],
      ["corral_guard_cpu_backend", "gauge", true],
      ["corral_guard_scheduler_fallbacks_total", "counter", true],
      ["corral_guard_scheduler_events_total", "counter", true],
      ["corral_guard_moves_total", "counter", true],
      ["corral_guard_move_seconds", "gauge", true],
      ["corral_guard_warm_moves", "gauge", true],
      ["corral_guard_warm_moves_cpu_seconds_total", "counter", true],
      ["corral_guard_session_processes", "gauge", true],
      ["corral_guard_session_memory_bytes", "gauge", true],
      ["corral_guard_session_frozen", "gauge", true],
      ["corral_guard_session_frozen_seconds_total", "counter", true],
    ],
  );
  assert.ok(types.some(([name]) => name === "corral_guard_memory_headroom_bytes"));
});

test("the numbers are those of the status, and follow what is done", { skip }, async () => {
  const of = (name: string): Promise<number | undefined> =>
    seriesOf(`corral_guard_session_${name}`, '{session="s",class="low"}');
  assert.deepEqual([await of("processes"), await of("frozen"), await of("frozen_seconds_total")], [0, 0, 0]);
  const sleeper = await sleeperIn(`${guard.root}/s/framework`);
  await guard.client.freezeSession("s");
  const { processes, frozen } = await guard.client.session("s");
  assert.deepEqual([processes, frozen], [1, true]);
  assert.deepEqual([await of("processes"), await of("frozen")], [1, 1]);
  await guard.client.thawSession("s");
  sleeper.kill("SIGKILL");
  await until("the session to be empty", async () => (await of("processes")) === 0);
  assert.equal(await of("frozen"), 0);
  const { frozen_ms } = await guard.client.session("s");
  assert.equal(await of("frozen_seconds_total"), frozen_ms / 1000);
  assert.ok(frozen_ms > 0);
});

test("health is the same on both pages, and who asks for anything else hears so", { skip }, async () => {
  const { status, body } = await page(listen, "/healthz");
  assert.deepEqual([status, JSON.parse(body)], [200, { status: "healthy", sessions: 3 }]);
  const { series } = (await families())["corral_guard_health"] ?? { series: {} };
  assert.deepEqual(
    Object.entries(series).filter(([, value]) => value === 1),
    [['corral_guard_health{status="healthy"}', 1]],
  );
  assert.equal((await page(listen, "/v1/status")).status, 404);
});

test("HUP brings sessions and their metrics; a file with mistakes changes nothing and is told whole", {
  skip,
}, async () => {
  writeFileSync(guard.config, config("{ name: s, class: low }, { name: added }"));
  guard.process.kill("SIGHUP");
  await guard.seen("RELOADED");
  assert.equal(await seriesOf("corral_guard_session_processes", '{session="added",class="normal"}'), 0);
  writeFileSync(guard.config, `${config("{ name: s, class: best }")}\nfreeze_most: never`);
  guard.process.kill("SIGHUP");
  const { problems } = await guard.seen("RELOAD_FAILED");
  assert.ok(Array.isArray(problems) && problems.length > 0, String(problems));
  assert.equal(await seriesOf("corral_guard_session_processes", '{session="added",class="normal"}'), 0);
});

test("a guard whose page cannot be served does not begin, and says why", { skip }, async () => {
  const own = newHostPlace();
  const file = join(own.home, "guard.yaml");
  writeFileSync(file, `{ version: 1, listen: "unix:/no/such/place/metrics.sock" }`);
  const words = [...corralProgram(), "guard", "--config", file, "--cgroup-root", own.root, "--quiet"];
  const { status, stderr } = spawnSync(words[0] ?? "", [...words.slice(1), "--socket", join(own.home, "g.sock")], {
    encoding: "utf8",
    env: { ...process.env, CORRAL_STATE_DIR: own.home, ...withoutControllers },
  });
  assert.equal(status, 125);
  assert.match(stderr, /^\[corral\] cannot listen on "unix:\/no\/such\/place\/metrics\.sock": \w+; .*\n$/m);
  await clearPlace(own);
});
