/**
 * Makes the TypeScript of src/fleet/wire/fleet.proto again, with Debian's protoc and ts-proto. The result is committed;
 * `npm run check` compares it where protoc is installed.
 *
 *     node tools/gen-proto.mjs
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runChild } from "./child.mjs";
import { root } from "./root.mjs";

const folder = join(root, "src/fleet/wire");
const options = [
  "outputServices=grpc-js",
  "forceLong=bigint",
  "importSuffix=.ts",
  "esModuleInterop=true",
  "useExactTypes=false",
  "removeEnumPrefix=true",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "unrecognizedEnum=false",
  "enumsAsLiterals=true",
  "snakeToCamel=false",
  "env=node",
  // Versions of the tools say nothing about the wire.
  "annotateFilesWithVersion=false",
];

/** @param {string} into a directory */
async function generate(into) {
  mkdirSync(into, { recursive: true });
  const plugin = join(root, "node_modules/.bin/protoc-gen-ts_proto");
  const args = [`--plugin=${plugin}`, `--ts_proto_out=${into}`, `--ts_proto_opt=${options.join(",")}`];
  const { code, output } = await runChild("protoc", [...args, `--proto_path=${folder}`, "fleet.proto"]);
  if (code !== 0) throw new Error(`protoc failed:\n${output}`);
}

/** Why the code cannot be made here; null: it can. */
export const whyNotHere = () =>
  spawnSync("protoc", ["--version"]).status === 0 ? null : "protoc is not installed (Debian: protobuf-compiler)";

/** @returns {Promise<boolean>} whether the committed code is another than the one that the proto makes */
export async function isProtoStale() {
  const scratch = mkdtempSync(join(tmpdir(), "corral-proto-"));
  try {
    await generate(scratch);
    const read = (/** @type {string} */ directory) => readFileSync(join(directory, "fleet.ts"), "utf8");
    return read(scratch) !== read(join(folder, "generated"));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await generate(join(folder, "generated"));
