import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { prepareKernel } from "../../vm/index.ts";
import { requireVm, runScript } from "./support.ts";

for (const name of ["debian-stable", "debian-latest"] as const) {
  test(`${name} is downloaded once, into the cache only, and boots`, async (t) => {
    if (!(await requireVm(t))) return;
    using _cache = emptyCache();
    const progress: string[] = [];
    const startedAt = performance.now();
    const fetched = await prepareKernel(name, (message) => progress.push(message));
    t.diagnostic(`${fetched.version}: prepared in ${(performance.now() - startedAt).toFixed(0)} ms`);
    assert.equal(progress.length, 2, progress.join("\n"));

    // A proxy that does not exist: any use of the network would fail.
    process.env["http_proxy"] = "http://127.0.0.1:9";
    const again = await prepareKernel(name, (message) => progress.push(message)).finally(
      () => delete process.env["http_proxy"],
    );
    assert.deepEqual(again, fetched);
    assert.equal(progress.length, 2);

    const run = await runScript("true", { kernel: name });
    assert.equal(run.kernelRelease, fetched.release);
    t.diagnostic(`${run.kernelRelease}: boot ${run.bootMs?.toFixed(0)} ms, whole ${run.durationMs.toFixed(0)} ms`);
  });
}

test("an unknown kernel name is a usage error that lists the known ones", async () => {
  await assert.rejects(prepareKernel("debian-oldest"), {
    code: "USAGE",
    message: 'unknown kernel "debian-oldest"',
    fix: "give debian-stable, debian-latest or the absolute path of a vmlinux or bzImage",
  });
});

/** Points the cache at an empty directory for the length of a test. */
function emptyCache(): Disposable {
  const before = process.env["XDG_CACHE_HOME"];
  const directory = mkdtempSync(join(tmpdir(), "corral-test-cache-"));
  process.env["XDG_CACHE_HOME"] = directory;
  return {
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
