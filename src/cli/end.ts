import { CorralError } from "../report/index.ts";
import { say } from "./output.ts";

/**
 * Does the work of one command line; the process ends with the status that came of it.
 * @param exit ends the process
 */
export async function endWith(
  work: () => Promise<number>,
  exit: (status: number) => never = (status) => process.exit(status),
): Promise<void> {
  try {
    exit(await work());
  } catch (thrown) {
    const error = CorralError.from(thrown);
    say(error.toLine());
    if (process.env["CORRAL_DEBUG"] !== undefined && error.cause instanceof Error) say(String(error.cause.stack));
    exit(error.exitStatus);
  }
}
