import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";

/** A block device that can carry IO limits, with what decides whether weights work on it. */
export interface Disk {
  readonly name: string;
  /** `MAJ:MIN`, as io.max and blkio want it. */
  readonly device: string;
  /** The active scheduler: `none`, `mq-deadline`, `bfq`, `kyber`. */
  readonly scheduler: string;
  /** True when io.cost is enabled for it (io.cost.qos, `enable=1`). */
  readonly iocost: boolean;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
};

/** The host's real disks (loop, ram and zram devices are left out). */
export function listDisks(unifiedMount: string | null): Disk[] {
  const qos = unifiedMount === null ? "" : read(`${unifiedMount}/io.cost.qos`);
  let names: string[] = [];
  try {
    names = readdirSync("/sys/block");
  } catch {
    // A container may hide /sys/block: no disks are known then.
  }
  return names
    .filter((name) => !/^(loop|ram|zram)\d/.test(name))
    .map((name) => {
      const device = read(`/sys/block/${name}/dev`);
      const scheduler = /\[([^\]]+)\]/.exec(read(`/sys/block/${name}/queue/scheduler`))?.[1] ?? "none";
      const iocost = qos.split("\n").some((line) => line.startsWith(`${device} `) && line.includes("enable=1"));
      return { name, device, scheduler, iocost };
    })
    .filter((disk) => disk.device !== "");
}

/** `MAJ:MIN` of the whole disk that a file lies on; null when it lies on none (tmpfs, overlay, a network file system). */
export function diskUnder(path: string): string | null {
  const device = resolveDisk(path);
  return listDisks(null).some((disk) => disk.device === device) ? device : null;
}

/** Disks on which a proportional weight has an effect. */
export const weightedDisks = (disks: readonly Disk[]): Disk[] =>
  disks.filter((disk) => disk.iocost || disk.scheduler === "bfq");

const formatDevice = (dev: number): string => {
  const major = ((dev >>> 8) & 0xfff) | (Number(BigInt(dev) >> 32n) & ~0xfff);
  const minor = (dev & 0xff) | ((dev >>> 12) & ~0xff);
  return `${major}:${minor}`;
};

/** The whole disk behind a device number: io limits do not work on partitions. */
function wholeDisk(device: string): string {
  try {
    const sys = realpathSync(`/sys/dev/block/${device}`);
    return read(`${sys}/partition`) === "" ? device : read(`${sys}/../dev`);
  } catch {
    return device;
  }
}

/**
 * Resolves what a user writes for a disk — `8:0`, `sda`, `/dev/sda1`, or any file, meaning the disk it lies
 * on — to the `MAJ:MIN` of the whole disk; null when nothing of that kind is found.
 */
export function resolveDisk(text: string): string | null {
  if (/^\d+:\d+$/.test(text)) return text;
  const fromName = /^[\w!.-]+$/.test(text) ? read(`/sys/block/${text}/dev`) : "";
  if (fromName !== "") return fromName;
  try {
    const stat = statSync(text.startsWith("/") ? text : `/dev/${text}`);
    return wholeDisk(formatDevice(stat.isBlockDevice() ? stat.rdev : stat.dev));
  } catch {
    return null;
  }
}
