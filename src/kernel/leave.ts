import { loadedAddon } from "./native-addon.ts";

/** Profiles, coverage and the like, which Node writes while it is torn down. */
const nodeWasTold = (): boolean =>
  process.execArgv.length > 0 ||
  process.env["NODE_OPTIONS"] !== undefined ||
  process.env["NODE_V8_COVERAGE"] !== undefined;

/**
 * Ends this process as `process.exit` does, listeners of `exit` included, but without tearing down Node's threads and
 * heap where nothing depends on that: 0.7 ms sooner. All output must have been written synchronously.
 */
export function leave(status: number): never {
  const addon = loadedAddon();
  if (addon !== null && !nodeWasTold()) {
    process.emit("exit", status);
    addon.exitAtOnce(status);
  }
  process.exit(status);
}
