/** The schema of a limit that is planned for a host. */
import * as v from "valibot";
import type { LimitKey } from "../../src/cgroup/index.ts";
import { controllers, limitNames } from "../../src/cgroup/index.ts";
import { text } from "./parts.ts";

const file = text("Control file, relative to the group.");

export const plannedLimit = v.strictObject({
  key: v.pipe(v.picklist(Object.keys(limitNames) as LimitKey[]), v.description("The limit's name in the code.")),
  name: text("The limit as the user names it."),
  requested: text("The value that was asked for."),
  controller: v.pipe(v.picklist(controllers), v.description("The controller that enforces it.")),
  writes: v.pipe(
    v.array(v.strictObject({ file, value: text("Text that would be written.") })),
    v.description("Writes, in order."),
  ),
  checks: v.pipe(
    v.array(
      v.strictObject({
        file,
        expected: text("Value that must read back."),
        comparison: v.pipe(
          v.picklist(["text", "bytes", "list", "device", "weight"]),
          v.description("How the two are compared."),
        ),
      }),
    ),
    v.description("What would be read back."),
  ),
  weaker: v.exactOptional(text("Present when the mechanism is weaker than what was asked for, with the reason.")),
});
