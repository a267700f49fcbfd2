import { createHash } from "node:crypto";
import type { HostFacts, Service } from "./host-facts.ts";
import { unitName } from "./scripts.ts";

type UnitService = Exclude<Service, "process">;

/** What systemctl is told of whose manager it is to speak with. */
export const managerFlag = (service: Service): string => (service === "user" ? "--user" : "");

/** A unit as it is to stand on a host. */
export interface AgentUnit {
  readonly service: UnitService;
  /** Absolute; of a user's manager from the home. */
  readonly path: string;
  readonly text: string;
  readonly sha256: string;
}

/** A word of a unit's command line (systemd.service(5)). */
const unitWord = (text: string): string =>
  `"${text.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;

/** What a manager without root's rights refuses or cannot do. */
const rootsOnly =
  /^(Wants|After|OOMScoreAdjust|ProtectClock|ProtectHostname|ProtectKernelLogs|ProtectKernelModules|RuntimeDirectory\w*|StateDirectory\w*)=/;

/**
 * The unit of a deployed agent: that of the package, which runs what `corral fleet start` has written and does nothing before.
 * @param packaged text of the package's unit
 */
export function agentUnit(
  packaged: string,
  { directory }: Pick<HostFacts, "directory">,
  service: UnitService,
): AgentUnit {
  const run = `${directory}/agent/run`;
  const lines = packaged.split("\n").filter((line) => !line.startsWith("#"));
  const own = lines.flatMap((line) => {
    if (line.startsWith("Description=")) return [line, `ConditionPathExists=${run.replaceAll("%", "%%")}`];
    if (line.startsWith("ExecStart=")) return [`ExecStart=/bin/sh ${unitWord(run)}`];
    if (service === "system") return [line];
    if (line.startsWith("WantedBy=")) return ["WantedBy=default.target"];
    return rootsOnly.test(line) ? [] : [line];
  });
  const text = ["# Written by corral fleet deploy, which writes it again.", ...own].join("\n");
  return {
    service,
    path: service === "system" ? `/etc/systemd/system/${unitName}` : `.config/systemd/user/${unitName}`,
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}
