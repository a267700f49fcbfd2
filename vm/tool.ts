import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { CorralError } from "../src/report/index.ts";
import { packageOf } from "./requirements.ts";

/** What a finished helper program left behind. */
export interface ToolOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that count as success. Default: 0 alone. */
  readonly accept?: readonly number[];
  /** Written to the program's stdin. */
  readonly input?: Buffer;
}

/** Largest output of a helper: a decompressed kernel image is 60 to 100 MB. */
const maxOutputBytes = 512 * 1024 * 1024;

/** Folders where Debian keeps programs that an ordinary user's PATH lacks. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** Absolute path of a program on PATH or in the system's folders, or null. An absolute path stands for itself. */
export function findTool(name: string): string | null {
  if (name.startsWith("/")) return isExecutable(name) ? name : null;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...systemFolders];
  for (const folder of folders) {
    if (folder.startsWith("/") && isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

/**
 * The same, for programs that there is no doing without.
 * @throws {CorralError} VM_UNAVAILABLE naming the Debian package
 */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path !== null) return path;
  throw new CorralError("VM_UNAVAILABLE", `${name} is not installed`, {
    object: name,
    fix: `install it: apt-get install ${packageOf(name)}`,
  });
}

/**
 * Runs a helper to its end.
 * @throws {CorralError} VM_UNAVAILABLE when it is missing or fails, with its last line
 */
export async function runTool(name: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolOutput> {
  const program = requireTool(name);
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      {
        cwd: options.cwd,
        env: { ...process.env, LC_ALL: "C", ...options.env },
        encoding: "buffer",
        maxBuffer: maxOutputBytes,
        ...(options.signal && { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        const text = stderr.toString("utf8");
        if (error === null || (options.accept ?? []).includes(Number(error.code)))
          return resolve({ stdout, stderr: text });
        if (options.signal?.aborted === true) return reject(options.signal.reason as Error);
        reject(
          new CorralError("VM_UNAVAILABLE", `${name} ${args[0] ?? ""} failed: ${lastLine(text) || error.message}`, {
            object: name,
            found: lastLine(text),
            cause: error,
          }),
        );
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
  });
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
