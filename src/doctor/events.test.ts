import { describe, expect, test } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import type { BpfFacts, ConnectorFacts } from "./events.ts";
import { judgeBpf, judgeConnector } from "./events.ts";

const capabilities = (...bits: readonly number[]) => {
  const value = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
  return parseCapabilities(`CapEff:\t${value.toString(16)}\n`);
};
const [sysAdmin, perfmon, bpf] = [21, 38, 39];

const notPermitted = "the kernel does not let this process load BPF programs";

const bpfFacts = (change: Partial<BpfFacts>): BpfFacts => ({
  refusal: null,
  capabilities: capabilities(perfmon, bpf),
  initialUserNamespace: true,
  unprivilegedDisabled: "2",
  lockdown: null,
  ...change,
});

describe("BPF tracing", () => {
  test.each([
    [{}, "yes", "programs can be loaded and attached"],
    [{ capabilities: capabilities(sysAdmin) }, "yes", "programs can be loaded and attached"],
    [
      { refusal: notPermitted, capabilities: capabilities(bpf) },
      "no",
      "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN",
    ],
    [{ refusal: notPermitted, capabilities: capabilities(sysAdmin) }, "no", notPermitted],
    [{ refusal: notPermitted, capabilities: null }, "no", notPermitted],
    [{ refusal: notPermitted, initialUserNamespace: false }, "no", "closed inside a user namespace"],
    [{ refusal: notPermitted, lockdown: "confidentiality" }, "no", "the kernel is locked down"],
    [{ refusal: undefined }, "no", "needs the native addon"],
  ])("case %#", (change, status, found) => {
    expect(judgeBpf(bpfFacts(change))).toMatchObject({ status, found });
  });

  test("names the probe that answered, and the capabilities that are held", () => {
    expect(judgeBpf(bpfFacts({})).probe).toBe("attached the lifecycle programs and left at once");
    expect(judgeBpf(bpfFacts({ refusal: undefined })).probe).toBe("the native addon");
    expect(judgeBpf(bpfFacts({ capabilities: capabilities(bpf) })).facts["capabilities"]).toEqual(["BPF"]);
  });
});

const refused = "bind(NETLINK_CONNECTOR) failed: EPERM";

const connectorFacts = (change: Partial<ConnectorFacts>): ConnectorFacts => ({
  refusal: null,
  listing: "Name            ID\ncn_proc         1:1\n",
  built: true,
  initialNamespaces: true,
  netAdmin: true,
  ...change,
});

describe("the proc connector", () => {
  test.each([
    [{}, "yes", "answers"],
    [{ netAdmin: false }, "yes", "answers"],
    [{ refusal: refused }, "no", "needs CAP_NET_ADMIN before Linux 6.6"],
    [{ refusal: "socket failed: EMFILE" }, "no", "socket failed: EMFILE"],
    [{ refusal: refused, initialNamespaces: false }, "no", "closed inside a pid or user namespace"],
    [{ refusal: refused, listing: "Name            ID\n" }, "no", "the kernel has none"],
    [{ refusal: refused, listing: null }, "no", "this network namespace does not have it"],
    [{ refusal: refused, listing: null, built: false }, "no", "the kernel has none"],
    [{ refusal: refused, listing: null, built: null }, "no", "this network namespace does not have it"],
    [{ refusal: undefined }, "no", "needs the native addon"],
  ])("case %#", (change, status, found) => {
    expect(judgeConnector(connectorFacts(change))).toMatchObject({ status, found });
  });

  test("names the probe that answered", () => {
    expect(judgeConnector(connectorFacts({})).probe).toBe("subscribed to it and left at once");
    expect(judgeConnector(connectorFacts({ refusal: undefined })).probe).toBe("the native addon");
  });
});
