import { loadPolicyRules } from "../policy/rules/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus } from "../report/index.ts";
import { writeText } from "./output.ts";

/**
 * `corral policy check FILE`: judges a file of rules.
 * @returns 0; 2 when it has mistakes
 * @throws CorralError USAGE, CONFIG
 */
export async function policyCheckCommand(_: object, args: readonly string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || file === "" || more.length > 0)
    throw new CorralError("USAGE", "policy check takes one file of rules", { fix: "corral policy check FILE" });
  try {
    const rules = loadPolicyRules(file);
    writeText(1, `${file}: ok, ${rules.length} ${rules.length === 1 ? "rule" : "rules"}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    // As compilers write them, so that editors find the place.
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}
