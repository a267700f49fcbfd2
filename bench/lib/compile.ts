import { execFileSync } from "node:child_process";
import path from "node:path";
import { packageRoot } from "../../src/kernel/index.ts";

/** Compiles a program of bench/ (`events/stamp`) into a directory, under its own name. @returns its path */
export function compile(name: string, directory: string, ...flags: readonly string[]): string {
  const program = path.join(directory, path.basename(name));
  const source = path.join(packageRoot(), "bench", `${name}.c`);
  execFileSync("gcc", ["-O2", "-Wall", ...flags, "-o", program, source]);
  return program;
}
