import * as v from "valibot";
import { section, text, wholeNumber } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import type { AdoptRequest } from "./documents.ts";
import { judgeRequest } from "./session-request.ts";

const adoptSchema = section({
  pid: v.exactOptional(wholeNumber("a process id", 1, 4_194_304)),
  unit: v.exactOptional(text),
  container: v.exactOptional(text),
});

/** @throws CorralError USAGE */
export function toAdoptRequest(body: unknown): AdoptRequest {
  const request = judgeRequest(adoptSchema, body) as AdoptRequest;
  if (Object.keys(request).length === 1) return request;
  throw new CorralError("USAGE", "name one pid, one unit or one container", { object: "request" });
}
