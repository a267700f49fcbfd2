import { describe, expect, test } from "vitest";
import { describeCapabilities, parseCapabilities } from "./capabilities.ts";
import { judgePrivileges } from "./privileges.ts";

const status = (hex: string): string => `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${hex}\n`;
const described = (hex: string): string | null => {
  const set = parseCapabilities(status(hex));
  return set === null ? null : describeCapabilities(set);
};

describe("effective capabilities", () => {
  test("are read by bit number and told in the shorter way", () => {
    expect(described("0000000000000000")).toBe("no capabilities");
    expect(described("000001ffffffffff")).toBe("all capabilities");
    expect(described("000001fffeffffff")).toBe("all capabilities but CAP_SYS_RESOURCE");
    expect(described("000000c000000000")).toBe("CAP_PERFMON, CAP_BPF");
  });

  test("that are newer than the table do not count as missing", () => {
    expect(described("ffffffffffffffff")).toBe("all capabilities");
  });

  test("are unknown without a CapEff line", () => {
    expect(parseCapabilities("Name:\tnode\n")).toBeNull();
    expect(judgePrivileges(1000, null).status).toBe("unknown");
  });
});

describe("privileges", () => {
  test("of a plain user refuse what needs a capability, each with its name", () => {
    expect(judgePrivileges(1000, parseCapabilities(status("0")))).toEqual({
      group: "privileges",
      name: "user",
      status: "no",
      found: "uid 1000, no capabilities",
      probe: "getuid(2), CapEff in /proc/self/status",
      consequence:
        "refused: --nice below the current value, --sched fifo and rr, --ionice realtime (CAP_SYS_NICE); --oom-score below the inherited value, raising hard rlimits (CAP_SYS_RESOURCE); running as another user (CAP_SETUID); signalling other users' processes (CAP_KILL)",
      facts: { uid: 1000, capabilities: [] },
    });
  });

  test("are partial when one of the capabilities is missing, also for root", () => {
    expect(judgePrivileges(0, parseCapabilities(status("1fffeffffff"))).status).toBe("partly");
    expect(judgePrivileges(0, parseCapabilities(status("1ffffffffff"))).status).toBe("yes");
  });
});
