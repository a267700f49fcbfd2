import * as v from "valibot";
import { checked, expects, section, text, truth, wholeNumber } from "../../report/config/index.ts";
import type { ToolRequest } from "../client/index.ts";
import type { HintKey } from "../model/index.ts";
import { checkHintValue, judgeRequest } from "../model/index.ts";

/** What a model asks to be run. */
export interface CallArguments {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly hint?: string;
  readonly limits?: {
    readonly memory?: string;
    readonly cpu?: number;
    readonly pids?: number;
    readonly io?: number;
  };
  readonly timeout?: string;
  readonly idempotent?: boolean;
  readonly retry?: number;
  readonly max_output_bytes?: number;
}

const mostOutputBytes = 2 ** 20;
export const plainOutputBytes = 64 * 1024;

const word = v.pipe(text, v.maxLength(131_071, "is longer than one argument may be"));

/** A value of its own is what its sender means: what is none is refused, where a part of a hint is passed over and told. */
const hintValue = (key: HintKey) =>
  v.pipe(
    text,
    checked<string>((value) => checkHintValue(key, value)),
  );

const argumentsSchema = section({
  command: v.pipe(v.array(word, expects("a list of words")), v.minLength(1, "needs a program, then its arguments")),
  cwd: v.exactOptional(v.pipe(text, v.startsWith("/", expects("an absolute path")))),
  hint: v.exactOptional(text),
  limits: v.exactOptional(
    section({
      memory: v.exactOptional(hintValue("memory")),
      cpu: v.exactOptional(wholeNumber("percent of one CPU", 1, 1_000_000)),
      pids: v.exactOptional(wholeNumber("a number of processes", 1, 4_194_304)),
      io: v.exactOptional(wholeNumber("a weight", 1, 10_000)),
    }),
  ),
  timeout: v.exactOptional(hintValue("time")),
  idempotent: v.exactOptional(truth),
  retry: v.exactOptional(wholeNumber("a number from 0 to 2", 0, 2)),
  max_output_bytes: v.exactOptional(wholeNumber("a number of bytes", 2, mostOutputBytes)),
});

/** @throws CorralError USAGE for arguments that are none */
export const toCallArguments = (given: unknown): CallArguments => judgeRequest(argumentsSchema, given) as CallArguments;

/** The same for people and models. */
export const argumentsJsonSchema = {
  type: "object",
  properties: {
    command: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description: 'Program and arguments, run without a shell. For shell syntax: ["bash", "-c", "..."].',
    },
    cwd: { type: "string", description: "Absolute working directory. Default: that of the server." },
    hint: {
      type: "string",
      description: "What it needs: memory:low|medium|high|N[kmg], cpu=PERCENT, time=5m, pids=N, io=WEIGHT.",
    },
    limits: {
      type: "object",
      description: "The same as separate values, which go before the hint. The session may grant less.",
      properties: {
        memory: { type: "string", description: "Budget such as 512m or 2g; beyond it the call is killed and told so." },
        cpu: { type: "integer", description: "Percent of one CPU." },
        pids: { type: "integer", description: "Most processes and threads." },
        io: { type: "integer", description: "Weight of its disk access, 1 to 10000." },
      },
      additionalProperties: false,
    },
    timeout: { type: "string", description: "Such as 30s or 5m; when it runs longer it is killed." },
    idempotent: {
      type: "boolean",
      description: "Running it twice does no harm: killed for its own budget, it is run again with twice of it.",
    },
    retry: { type: "integer", minimum: 0, maximum: 2, description: "How often at most. Default 2 when idempotent." },
    max_output_bytes: {
      type: "integer",
      minimum: 2,
      maximum: mostOutputBytes,
      description: `How much of stdout and of stderr is answered, begin and end. Default ${plainOutputBytes}.`,
    },
  },
  required: ["command"],
  additionalProperties: false,
} as const;

/** The hint of a call: separate values first, since of two the guard takes the first. */
function hintOf({ limits = {}, timeout, hint }: CallArguments): string {
  const { memory, cpu, pids, io } = limits;
  const parts = [
    memory === undefined ? null : `memory:${memory}`,
    cpu === undefined ? null : `cpu=${cpu}`,
    pids === undefined ? null : `pids=${pids}`,
    io === undefined ? null : `io=${io}`,
    timeout === undefined ? null : `time=${timeout}`,
    hint ?? null,
  ];
  return parts.filter((one) => one !== null).join(" ");
}

/** What the guard is asked for. @param session null: the one that this process is in */
export function toCallRequest(given: CallArguments, session: string | null): ToolRequest {
  const idempotent = given.idempotent === true;
  return {
    ...(session === null ? {} : { session }),
    hint: hintOf(given).slice(0, 1024),
    hint_by: "hint",
    command: given.command.join(" ").slice(0, 1024),
    idempotent,
    retry: given.retry ?? (idempotent ? 2 : 0),
  };
}
