import { readFileSync } from "node:fs";
import { packageRoot } from "../kernel/index.ts";

/** Version of this package. */
export function corralVersion(): string {
  const { version } = JSON.parse(readFileSync(`${packageRoot()}/package.json`, "utf8")) as { version: string };
  return version;
}
