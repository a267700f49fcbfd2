import { describe, expect, test } from "vitest";
import { judgeDirectory } from "./files.ts";
import type { ServiceFacts } from "./services.ts";
import { canAskForScope, judgeServices } from "./services.ts";
import { judgeVm } from "./vm.ts";

const facts = (change: Partial<ServiceFacts>): ServiceFacts => ({
  systemd: true,
  uid: 1000,
  systemBus: "/run/dbus/system_bus_socket",
  userBus: "/run/user/1000/bus",
  clientProblem: null,
  ...change,
});

describe("systemd", () => {
  test.each([
    [{}, true],
    [{ userBus: null }, false],
    [{ uid: 0, userBus: null }, true],
    [{ uid: 0, systemBus: null }, false],
    [{ clientProblem: "not installed" }, false],
    [{ systemd: false }, false],
  ])("with %j can be asked for a scope: %j", (change, possible) => {
    expect(canAskForScope(facts(change))).toBe(possible);
  });

  test("a bus that this user does not use is not missed", () => {
    const consequences = judgeServices(facts({ systemBus: null })).map(({ name, consequence }) => [name, consequence]);
    expect(consequences.slice(1, 3)).toEqual([
      ["system bus", "not needed by this user"],
      ["user bus", "systemd can be asked for a scope over it"],
    ]);
  });
});

describe("a directory", () => {
  test.each([
    [{ path: "/a/b", existing: "/a/b", errno: null }, "yes", "/a/b is writable"],
    [{ path: "/a/b", existing: "/a", errno: null }, "yes", "/a/b will be created"],
    [{ path: "/a/b", existing: "/a", errno: "EACCES" }, "no", "/a/b cannot be written: /a (EACCES)"],
  ])("%j is %s", (directory, status, found) => {
    expect(judgeDirectory("results", directory)).toMatchObject({ status, found });
  });
});

describe("the virtual machine", () => {
  const usable = { usable: true, missingPackages: [], privilegeProblem: null, platformProblem: null };

  test("is partial when only optional packages are missing", () => {
    expect(judgeVm(usable)).toMatchObject([{ status: "yes" }]);
    expect(judgeVm({ ...usable, missingPackages: ["apt-utils"] })).toMatchObject([
      { status: "partly", found: "missing packages: apt-utils" },
    ]);
  });

  test("names every problem", () => {
    const problem = { ...usable, usable: false, missingPackages: ["qemu"], privilegeProblem: "needs root" };
    expect(judgeVm(problem)).toMatchObject([{ status: "no", found: "needs root; missing packages: qemu" }]);
  });

  test("is left out when nobody asked", () => {
    expect(judgeVm(null)).toEqual([]);
  });
});
