/** `yes`: there and usable by this user; `partly`: usable with a restriction; `no`: absent or denied; `unknown`: could not be probed. */
export const findingStatuses = ["yes", "partly", "no", "unknown"] as const;
export type FindingStatus = (typeof findingStatuses)[number];

/** The sections of the report, in the order they are shown, with their titles. */
export const findingGroups = {
  system: "System",
  controllers: "Controllers",
  groups: "Groups",
  native: "Native pieces and processes",
  pressure: "Pressure",
  memory: "Memory",
  disks: "Disks",
  scheduling: "Scheduling",
  events: "Events and BPF",
  privileges: "Privileges",
  services: "systemd and D-Bus",
  files: "Files",
  guard: "corral guard",
  vm: "Virtual machine",
} as const;
export type FindingGroup = keyof typeof findingGroups;

/** A detail of a finding for programs. */
export type FactValue = string | number | boolean | null | readonly string[];

/** One capability of the host: what was looked at, what was found there, and what follows for Corral. */
export interface Finding {
  readonly group: FindingGroup;
  /** Unique within its group; stable, scripts may look for it. */
  readonly name: string;
  readonly status: FindingStatus;
  /** What the probe saw, for people. */
  readonly found: string;
  /** The file, system call or program that was asked. */
  readonly probe: string;
  /** What Corral does because of it; where something is missing, what is used instead. */
  readonly consequence: string;
  /** The same as `found`, for programs; keys differ from finding to finding. */
  readonly facts: Readonly<Record<string, FactValue>>;
}
