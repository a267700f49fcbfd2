import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { publint } from "publint";
import { listPackageFiles } from "../../src/fleet/deploy/index.ts";
import { installPackage } from "../shared/installed-package.ts";

/** Programs that a machine without compilers has too. */
const plainPrograms = ["sh", "env", "true", "cat", "readlink"];

describe("the packed package", () => {
  const scratch = mkdtempSync(join(tmpdir(), "corral-package-"));
  const user = join(scratch, "user");
  const bin = join(scratch, "bin");
  let files: string[] = [];

  before(() => {
    files = installPackage(scratch, user);
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node"));
    for (const name of plainPrograms) symlinkSync(join("/bin", name), join(bin, name));
  });

  after(() => rmSync(scratch, { recursive: true }));

  /** Runs a program as the installed package's user, on a PATH without gcc, npm or anything else. */
  function asUser(program: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const env = { PATH: bin, HOME: user };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: user, encoding: "utf8", env });
    return { status, stdout, stderr };
  }

  test("holds the CLI, the library with declarations, the native pieces and the documents", () => {
    const wanted = [
      "bin/corral",
      "dist/corral.cjs",
      "dist/excel.cjs",
      "dist/grpc.cjs",
      "dist/load-process.cjs",
      "dist/mcp.cjs",
      "dist/nats.cjs",
      "dist/memory-thread.cjs",
      "dist/custom-worker.cjs",
      "dist/program.cjs",
      "dist/run.cjs",
      "dist/lib/index.js",
      "dist/lib/index.d.ts",
      "dist/lib/arena/index.js",
      "dist/lib/guard/client/index.js",
      "dist/lib/policy/index.js",
      "dist/lib/scenario/index.js",
      "native/client/corral-enrol.h",
      "src/fleet/wire/fleet.proto",
      "deploy/Containerfile",
      "deploy/kubernetes/daemonset.yaml",
      "docs/errors.md",
      "examples/scenario.yaml",
      "examples/watch.yaml",
      "scenarios/steady.yaml",
      "scenarios/steady-llc.mjs",
      "systemd/corral-agent.service",
      "systemd/corral-guard.service",
      "systemd/corral-job@.service",
      "systemd/corral-policy.service",
      "systemd/corral-watch.service",
      "schemas/watch-config.schema.json",
      "README.md",
    ];
    assert.deepEqual(
      [...wanted, "LICENSE", "CHANGELOG.md", "package.json"].filter((path) => !files.includes(path)),
      [],
    );
    const prebuilds = files.filter((path) => path.startsWith(`prebuilds/linux-${process.arch}/`));
    assert.notDeepEqual(prebuilds, [], "no prebuilds for this platform: run npm run setup");
    assert.ok(prebuilds.includes(`prebuilds/linux-${process.arch}/corral`), "no native client");
  });

  test("is what corral fleet deploy brings to hosts", () => {
    assert.deepEqual(listPackageFiles(resolve(".")), files);
  });

  test("holds no sources, tests, tools or build leftovers", () => {
    const unwanted =
      /^(src(?!\/fleet\/wire\/fleet\.proto$)|test|tools|bench|native(?!\/client\/corral-enrol\.h$)|build|node_modules)\/|\.test\.|\.tmp$|\.map$|\.v8$|(^|\/)\.[^/]+$/;
    assert.deepEqual(
      files.filter((path) => unwanted.test(path)),
      [],
    );
  });

  test("has a manifest that publint has nothing to say about", async () => {
    const { messages } = await publint({ pkgDir: join(user, "node_modules/corral"), pack: false, strict: true });
    assert.deepEqual(messages, []);
  });

  test("needs no other package, and installs none with --omit=optional", () => {
    const lock = JSON.parse(readFileSync(join(user, "package-lock.json"), "utf8")) as { packages: object };
    const installed = Object.entries(lock.packages).filter(([, { optional }]) => optional !== true);
    assert.deepEqual(
      installed.map(([path]) => path),
      ["", "node_modules/corral"],
    );
    const names = readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."));
    assert.deepEqual(names, ["corral"]);
  });

  test("runs a workload on a machine without a compiler", () => {
    assert.equal(spawnSync("gcc", { env: { PATH: bin } }).error?.message, "spawnSync gcc ENOENT");
    const corral = join(user, "node_modules/.bin/corral");
    const { status, stdout, stderr } = asUser(corral, ["run", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    // Corral's own words stand beside the workload's on stderr.
    const workloadSaid = stderr.split("\n").filter((line) => line === "err");
    assert.deepEqual({ status, stdout, workloadSaid }, { status: 7, stdout: "out\n", workloadSaid: ["err"] }, stderr);
  });

  const installed = join(user, "node_modules/corral");
  const client = join(installed, `prebuilds/linux-${process.arch}/corral`);

  test("is the native client as `corral`, however npm has linked it, and the same without one", () => {
    const linked = join(user, "node_modules/.bin/corral");
    const prefix = join(scratch, "prefix");
    mkdirSync(join(prefix, "bin"), { recursive: true });
    mkdirSync(join(prefix, "lib/node_modules"), { recursive: true });
    symlinkSync(installed, join(prefix, "lib/node_modules/corral"));
    symlinkSync("../lib/node_modules/corral/bin/corral", join(prefix, "bin/corral"));
    const elsewhere = join(scratch, "elsewhere");
    symlinkSync(linked, elsewhere);
    // What no program but the native client says: without node on PATH the script and env(1) have other words.
    const withoutNode = { PATH: join(scratch, "nowhere"), HOME: user };
    const places = [linked, join(prefix, "bin/corral"), join(installed, "bin/corral")];
    for (const place of places) {
      const { status, stderr } = spawnSync(place, ["--version"], { cwd: "/", encoding: "utf8", env: withoutNode });
      assert.deepEqual([status, stderr], [125, "[corral] node is not on PATH; install Node 20.20 or newer\n"], place);
    }
    const version = `${JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).version}\n`;
    const everywhere = [...places, elsewhere];
    const says = (place: string) => asUser(place, ["--version"]).stdout;
    assert.deepEqual(
      everywhere.map((place) => says(place)),
      everywhere.map(() => version),
    );
    renameSync(client, `${client}.away`);
    try {
      assert.deepEqual(
        everywhere.map((place) => says(place)),
        everywhere.map(() => version),
      );
    } finally {
      renameSync(`${client}.away`, client);
    }
  });

  test("can be imported as a library", () => {
    const program =
      'const { CorralError, exitStatus } = await import("corral"); console.log(typeof CorralError, exitStatus.usage)';
    assert.deepEqual(asUser("node", ["--input-type=module", "-e", program]), {
      status: 0,
      stdout: "function 2\n",
      stderr: "",
    });
  });

  for (const compiler of ["typescript", "typescript7"]) {
    test(`type-checks for a user of ${compiler} who checks libraries too`, () => {
      writeFileSync(
        join(user, "user.ts"),
        'import { CorralError, type ErrorCode } from "corral";\nexport const code: ErrorCode = new CorralError("USAGE", "x").code;\n',
      );
      const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
      const typeRoots = ["--typeRoots", resolve("node_modules/@types")];
      const compile = [resolve("node_modules", compiler, "bin/tsc"), ...flags, ...typeRoots, "user.ts"];
      const { status, stdout } = spawnSync(process.execPath, compile, { cwd: user, encoding: "utf8" });
      assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
    });
  }
});
