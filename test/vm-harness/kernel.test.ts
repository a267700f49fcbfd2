import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type PreparedKernel, prepareKernel } from "../../vm/index.ts";
import { requireVm } from "./support.ts";

for (const name of ["debian-stable", "debian-latest"] as const) {
  test(`${name} is downloaded once, into the cache only`, async (t) => {
    if (!(await requireVm(t))) return;
    using _cache = emptyCache();
    const progress: string[] = [];
    const startedAt = performance.now();
    // Two at the same time: one downloads, the other waits and finds it there.
    const both = [1, 2].map(() => prepareKernel(name, (message) => progress.push(message)));
    const [fetched, other] = (await Promise.all(both)) as [PreparedKernel, PreparedKernel];
    assert.deepEqual(other, fetched);
    t.diagnostic(`${fetched.version}: prepared in ${(performance.now() - startedAt).toFixed(0)} ms`);
    assert.deepEqual(progress.toSorted(), [
      `downloading kernel ${fetched.release}`,
      `looking for the newest kernel of Debian ${name === "debian-stable" ? "trixie" : "sid"}`,
      "waiting for another kernel download on this host to end",
    ]);

    // A proxy that does not exist: any use of the network would fail.
    process.env["http_proxy"] = "http://127.0.0.1:9";
    const again = await prepareKernel(name, (message) => progress.push(message)).finally(
      () => delete process.env["http_proxy"],
    );
    assert.deepEqual(again, fetched);
    assert.equal(progress.length, 3);
  });
}

test("an unknown kernel name is a usage error that lists the known ones", async () => {
  await assert.rejects(prepareKernel("debian-oldest"), {
    code: "USAGE",
    message: 'unknown kernel "debian-oldest"',
    fix: "give debian-oldstable, debian-stable, debian-latest or the absolute path of a vmlinux or bzImage",
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
