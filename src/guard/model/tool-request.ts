import * as v from "valibot";
import { signalNumber } from "../../kernel/index.ts";
import { described, expects, section, text, truth, wholeNumber } from "../../report/config/index.ts";
import { sessionName } from "./config-schema.ts";
import { mostRetries } from "./retry.ts";
import { judgeRequest } from "./session-request.ts";
import type { ToolExit, ToolRequest } from "./tool-documents.ts";
import { hintCarriers } from "./tool-documents.ts";

/** Longer texts are no hint and no command line that is worth sending. */
const bounded = v.pipe(text, v.maxLength(65_536, "is longer than 65536 characters"));

const startSchema = section({
  session: v.exactOptional(described(sessionName, "Where it runs.")),
  hint: v.exactOptional(described(bounded, "What it says it needs.")),
  hint_by: v.exactOptional(
    described(
      v.picklist(hintCarriers, expects(`one of ${hintCarriers.join(", ")}`)),
      "What its agent gives the hint by.",
    ),
  ),
  command: v.exactOptional(described(bounded, "Its command line, for the log.")),
  retry: v.exactOptional(
    described(wholeNumber(`a number from 0 to ${mostRetries}`, 0, mostRetries), "How often it may be run again."),
  ),
  idempotent: v.exactOptional(described(truth, "Whether running it twice does no harm.")),
  retry_of: v.exactOptional(described(bounded, "The call that is run again.")),
});

const joinSchema = section({ pid: described(wholeNumber("a process id", 1, 4_194_304), "The process that waits.") });

const signal = v.pipe(
  text,
  v.check((name) => signalNumber(name) !== null, "is not the name of a signal"),
);
const exitSchema = section({
  exit_code: described(v.nullable(wholeNumber("an exit code", 0, 255)), "Of its exit."),
  exit_signal: described(v.nullable(signal), "The signal that ended it."),
});

/** @throws CorralError USAGE */
export const toToolRequest = (body: unknown): ToolRequest => judgeRequest(startSchema, body) as ToolRequest;
/** @throws CorralError USAGE */
export const toToolJoin = (body: unknown): { readonly pid: number } =>
  judgeRequest(joinSchema, body) as { readonly pid: number };
/** @throws CorralError USAGE */
export const toToolExit = (body: unknown): ToolExit => judgeRequest(exitSchema, body) as ToolExit;
