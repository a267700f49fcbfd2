import { arch } from "node:os";
import type { HostCgroups } from "../cgroup/index.ts";
import { quote } from "../report/index.ts";
import type { Finding, FindingStatus } from "./finding.ts";
import type { Host, Namespaces } from "./host.ts";

/** The kernel that answers; its version decides nothing here, since every capability is probed. */
function findKernel(release: string): Finding {
  return {
    group: "system",
    name: "kernel",
    status: "yes",
    found: `Linux ${release} on ${arch()}`,
    probe: "uname(2)",
    consequence: "nothing below is derived from the version; each capability is probed",
    facts: { release, arch: arch() },
  };
}

const layouts: Readonly<Record<HostCgroups["kind"], readonly [FindingStatus, string]>> = {
  v2: ["yes", "one group per job holds every limit"],
  hybrid: [
    "partly",
    "each limit goes to the hierarchy that owns its controller; the v2 mount tracks, freezes, kills and measures pressure",
  ],
  v1: [
    "partly",
    "limits use v1 files; without a v2 mount a group's processes are listed, signalled and frozen the v1 way",
  ],
  none: ["no", "no limit on groups of processes; nice, affinity, IO priority and rlimits are left"],
};

/** How the cgroup mounts are laid out. */
export function judgeLayout(cgroups: HostCgroups): Finding {
  const [status, consequence] = layouts[cgroups.kind];
  const v1 = cgroups.hierarchies.filter(({ version }) => version === 1).flatMap((one) => one.controllers);
  const { unified } = cgroups;
  const parts = [
    ...(v1.length === 0 ? [] : [`v1 has ${v1.join(", ")}`]),
    ...(unified === null ? [] : [`v2 at ${unified.mountPoint} has ${unified.controllers.join(", ") || "none"}`]),
  ];
  return {
    group: "system",
    name: "cgroup layout",
    status,
    found: parts.length === 0 ? "no cgroup mount" : `${cgroups.kind === "hybrid" ? "hybrid: " : ""}${parts.join("; ")}`,
    probe: "/proc/self/mountinfo, /proc/cgroups",
    consequence,
    facts: { layout: cgroups.kind, mounts: cgroups.hierarchies.map(({ mountPoint }) => mountPoint) },
  };
}

/** Whether this is the host itself or a container. */
export function judgeNamespaces(namespaces: Namespaces): Finding {
  const kinds = Object.entries(namespaces);
  const own = kinds.filter(([, initial]) => initial === false).map(([kind]) => kind);
  const unseen = kinds.some(([, initial]) => initial === null);
  const consequences: Readonly<Record<string, string>> = {
    pid: "pids are the container's and the proc connector is closed",
    user: "capabilities count only inside it: no BPF, no sched_ext",
    cgroup: "group paths are seen from the container's root",
  };
  return {
    group: "system",
    name: "namespaces",
    status: own.length > 0 ? "partly" : unseen ? "unknown" : "yes",
    found: own.length > 0 ? `in an own ${own.join(", ")} namespace` : "the host's own pid, user and cgroup namespaces",
    probe: "/proc/self/ns/{pid,user,cgroup}",
    consequence: own.length > 0 ? own.map((kind) => consequences[kind]).join("; ") : "what is seen is the host itself",
    facts: { ...namespaces },
  };
}

/** The Node that runs this program. */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace("v", "").split(".").map(Number);
  const supported = major > 20 || (major === 20 && minor >= 20);
  return {
    group: "system",
    name: "node",
    status: supported ? "yes" : "no",
    found: version,
    probe: "process.version",
    consequence: supported ? "supported" : "older than 20.20: not tested; use a newer Node",
    facts: { version },
  };
}

/** Node parses the file that NODE_EXTRA_CA_CERTS names before it runs a program's first line. */
export function judgeStartUp(extraCertificates: string | undefined): Finding {
  const unset = extraCertificates === undefined || extraCertificates === "";
  return {
    group: "system",
    name: "start-up time",
    status: unset ? "yes" : "partly",
    found: unset ? "NODE_EXTRA_CA_CERTS is not set" : `NODE_EXTRA_CA_CERTS=${quote(extraCertificates)}`,
    probe: "environment",
    consequence: unset
      ? "nothing delays the start of Node"
      : "each start of Node reads that file first, tens of milliseconds with a full bundle; avoid it with env -u NODE_EXTRA_CA_CERTS corral …",
    facts: { extra_ca_certs: unset ? null : extraCertificates },
  };
}

/** Probes of the section System. */
export const findSystem = (host: Host): Finding[] => [
  findKernel(host.release),
  judgeLayout(host.cgroups),
  judgeNamespaces(host.namespaces),
  judgeNode(process.version),
  judgeStartUp(host.request.env["NODE_EXTRA_CA_CERTS"]),
];
