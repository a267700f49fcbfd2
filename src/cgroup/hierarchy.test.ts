import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CgroupTexts, Hierarchy } from "./hierarchy.ts";
import { parseHostCgroups } from "./hierarchy.ts";

const allEnabled = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";

function texts(mountinfo: string, selfCgroup: string, unified = "", procCgroups = ""): CgroupTexts {
  return { mountinfo, selfCgroup, procCgroups, unifiedControllers: () => unified };
}

const v2Mount =
  "30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

const hierarchy = (part: Partial<Hierarchy>): Hierarchy => ({
  version: 2,
  mountPoint: "/sys/fs/cgroup",
  controllers: [],
  ownDirectory: "/sys/fs/cgroup",
  readOnly: false,
  ...part,
});

test("a pure v2 host has one hierarchy that owns every controller it offers", () => {
  const host = parseHostCgroups(
    texts(v2Mount, "0::/user.slice/session-1.scope\n", "cpuset cpu io memory hugetlb pids rdma misc\n"),
  );
  const only = hierarchy({
    controllers: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"],
    ownDirectory: "/sys/fs/cgroup/user.slice/session-1.scope",
  });
  expect(host).toEqual({
    kind: "v2",
    hierarchies: [only],
    unified: only,
    owner: { cpuset: only, cpu: only, io: only, memory: only, hugetlb: only, pids: only },
  });
});

test("a v1 host owns each controller where it is mounted, named hierarchies aside", () => {
  const mountinfo = [
    "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "32 30 0:29 / /sys/fs/cgroup/blkio rw,relatime shared:10 - cgroup cgroup rw,blkio",
    "33 30 0:30 / /sys/fs/cgroup/systemd rw,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd",
    "",
  ].join("\n");
  const cpu = hierarchy({
    version: 1,
    mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
    controllers: ["cpu", "cpuacct"],
    ownDirectory: "/sys/fs/cgroup/cpu,cpuacct/jobs/a",
  });
  const io = hierarchy({
    version: 1,
    mountPoint: "/sys/fs/cgroup/blkio",
    controllers: ["io"],
    ownDirectory: "/sys/fs/cgroup/blkio",
  });
  expect(parseHostCgroups(texts(mountinfo, "4:cpu,cpuacct:/jobs/a\n3:blkio:/\n1:name=systemd:/init.scope\n"))).toEqual({
    kind: "v1",
    hierarchies: [cpu, io],
    unified: null,
    owner: { cpu, cpuacct: cpu, io },
  });
});

test("a hybrid host may mount cpu and cpuacct apart and give cgroup2 no controller at all", () => {
  const mountinfo = [
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu",
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct",
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices",
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
  ].join("\n");
  const host = parseHostCgroups(
    texts(mountinfo, "5:devices:/\n4:memory:/api/1\n2:cpuacct:/\n1:cpu:/\n0::/\n", "\n", allEnabled),
  );
  const at = (name: string, part: Partial<Hierarchy>): Hierarchy =>
    hierarchy({
      version: 1,
      mountPoint: `/sys/fs/cgroup/${name}`,
      ownDirectory: `/sys/fs/cgroup/${name}`,
      ...part,
    });
  const cpu = at("cpu", { controllers: ["cpu"] });
  const cpuacct = at("cpuacct", { controllers: ["cpuacct"] });
  const memory = at("memory", { controllers: ["memory"], ownDirectory: "/sys/fs/cgroup/memory/api/1" });
  const unified = at("unified", { version: 2 });
  expect(host).toEqual({
    kind: "hybrid",
    hierarchies: [cpu, cpuacct, memory, unified],
    unified,
    owner: { cpu, cpuacct, memory },
  });
});

test("on a hybrid host a controller that v1 holds is not looked for in cgroup2", () => {
  const mountinfo = `${v2Mount.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified")}32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n`;
  const host = parseHostCgroups(texts(mountinfo, "1:cpu:/\n0::/\n", "memory pids"));
  expect([host.kind, host.owner.cpu?.version, host.owner.memory?.version]).toEqual(["hybrid", 1, 2]);
});

test("a host without cgroup mounts offers nothing", () => {
  const mountinfo = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
  expect(parseHostCgroups(texts(mountinfo, ""))).toEqual({ kind: "none", hierarchies: [], unified: null, owner: {} });
});

/** [mount root, path in /proc/self/cgroup, own directory below the mount point] */
test.each<[string, string, string | null]>([
  ["/", "/", ""],
  ["/", "/a/b", "/a/b"],
  ["/", "/a/", "/a"],
  ["/docker/abc", "/docker/abc", ""],
  ["/docker/abc", "/docker/abc/child", "/child"],
  ["/docker/abc", "/docker/abcdef", null],
  ["/docker/abc", "/", null],
  ["/", "/..", null],
  ["/", "/../other", null],
  ["/", "/..hidden", "/..hidden"],
])("with the mount's root at %s the group %s is at %s", (root, path, below) => {
  const mount = v2Mount.replace(" / /sys", ` ${root} /sys`);
  const { unified } = parseHostCgroups(texts(mount, `0::${path}\n`));
  expect(unified?.ownDirectory).toBe(below === null ? null : `/sys/fs/cgroup${below}`);
});

test("octal escapes in mount points and roots are undone", () => {
  const mount = "30 24 0:26 /a\\040b /mnt/c\\011d\\134e rw - cgroup2 cgroup2 rw\n";
  const { unified } = parseHostCgroups(texts(mount, "0::/a b/x\n"));
  expect(unified).toEqual(hierarchy({ mountPoint: "/mnt/c\td\\e", ownDirectory: "/mnt/c\td\\e/x", controllers: [] }));
});

test("a mount is read-only by its own options, not by those of the file system", () => {
  const parse = (mount: string) => parseHostCgroups(texts(mount, "0::/\n")).unified?.readOnly;
  expect(parse("30 24 0:26 / /cg ro,relatime - cgroup2 cgroup2 rw\n")).toBe(true);
  expect(parse("30 24 0:26 / /cg rw,relatime - cgroup2 cgroup2 ro\n")).toBe(false);
});

test("the first of several mounts of one hierarchy counts", () => {
  const mounts = `${v2Mount}${v2Mount.replace("/sys/fs/cgroup", "/mnt/again")}`;
  const host = parseHostCgroups(texts(mounts, "0::/\n", "cpu"));
  expect(host.hierarchies.map(({ mountPoint }) => mountPoint)).toEqual(["/sys/fs/cgroup"]);
});

test("a controller that the kernel was told to disable is not there, mounted or not", () => {
  const mountinfo = "32 31 0:29 / /cg rw - cgroup cgroup rw,cpu,memory\n";
  const procCgroups = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t4\t1\t1\nmemory\t4\t1\t0\n";
  expect(parseHostCgroups(texts(mountinfo, "4:cpu,memory:/\n", "", procCgroups)).hierarchies).toEqual([
    hierarchy({ version: 1, mountPoint: "/cg", ownDirectory: "/cg", controllers: ["cpu"] }),
  ]);
});

test("no text makes the parser throw", () => {
  const line = fc.array(
    fc.constantFrom("0::", "/", " - ", "cgroup2", "cgroup", "rw", ",", ":", "cpu", " ", "\n", "\\0"),
  );
  const text = fc.oneof(
    fc.string(),
    line.map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, text, text, text, (mountinfo, selfCgroup, unified, procCgroups) => {
      expect(parseHostCgroups(texts(mountinfo, selfCgroup, unified, procCgroups)).kind).toMatch(
        /^(v1|v2|hybrid|none)$/,
      );
    }),
  );
});
