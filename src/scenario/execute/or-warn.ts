import { CorralError } from "../../report/index.ts";
import type { RunBook } from "./book.ts";

/** Does one of several things that must all be tried: what it throws is a warning. @param failed what is wrong then, for people */
export async function orWarn(book: RunBook, failed: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    book.warn(`${failed}: ${CorralError.from(thrown).message}`);
  }
}
