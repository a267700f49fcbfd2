import { closeSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { CorralError, isPlainName, plainNameRule, quote } from "../report/index.ts";

/**
 * Accepts a job id a user chose.
 * @throws CorralError USAGE when it could not be a file name everywhere
 */
export function checkJobId(id: string): string {
  if (isPlainName(id)) return id;
  throw new CorralError("USAGE", `--job-id ${quote(id)} is not a valid job id`, {
    object: "--job-id",
    found: id,
    fix: `use ${plainNameRule}`,
  });
}

/** Random bytes from the kernel, random(4): node:crypto brings all of Node's streams with it, 4 ms of a cold start. */
function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const fd = openSync("/dev/urandom", "r");
  try {
    readSync(fd, bytes);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** A fresh id such as `make-7k2p9xq4`: the program's name and 40 random bits. */
export function generateJobId(program: string): string {
  const name =
    basename(program)
      .replace(/[^A-Za-z0-9._-]/g, "")
      .replace(/^\.+/, "")
      .slice(0, 24) || "job";
  const random = [...randomBytes(8)].map((byte) => (byte % 32).toString(32)).join("");
  return `${name}-${random}`;
}
