import { expect, test } from "vitest";
import { groupsNamed } from "./find-group.ts";

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const paths = [
  "/",
  "/init.scope",
  "/system.slice/nginx.service",
  "/system.slice/nginx.service/worker",
  "/system.slice/nginx-debug.service",
  `/system.slice/docker-${id}.scope`,
  `/system.slice/docker-${id}.scope/init`,
  `/docker/fedcba9876543210${id.slice(16)}`,
  "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service",
];

test("a unit is the group of its name, with what is below, wherever it is; a service when it does not say", () => {
  const both = ["/system.slice/nginx.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service"];
  expect(groupsNamed(paths, { kind: "unit", name: "nginx" })).toEqual(both);
  expect(groupsNamed(paths, { kind: "unit", name: "nginx.service" })).toEqual(both);
  expect(groupsNamed(paths, { kind: "unit", name: "init.scope" })).toEqual(["/init.scope"]);
  expect(groupsNamed(paths, { kind: "unit", name: "ngin" })).toEqual([]);
});

test("a container is the group that its runtime named by its id, whole or its first twelve digits", () => {
  const scope = [`/system.slice/docker-${id}.scope`];
  for (const name of [id, id.slice(0, 12)]) expect(groupsNamed(paths, { kind: "container", name })).toEqual(scope);
  expect(groupsNamed(paths, { kind: "container", name: "fedcba987654" })).toEqual([
    `/docker/fedcba9876543210${id.slice(16)}`,
  ]);
  expect(groupsNamed(paths, { kind: "container", name: "123456789abc" })).toEqual([]);
});

test.each([
  ["docker", "cgroupfs", `/docker/${id}`],
  ["podman", "systemd", `/machine.slice/libpod-${id}.scope`],
  ["Kubernetes with containerd", "systemd", `/kubepods.slice/kubepods-burstable.slice/cri-containerd-${id}.scope`],
  ["Kubernetes with CRI-O", "systemd", `/kubepods.slice/crio-${id}.scope`],
  ["Kubernetes with containerd", "cgroupfs", `/kubepods/burstable/pod1-2/${id}`],
])("a container of %s, by its %s driver, is found", (_runtime, _driver, path) => {
  expect(groupsNamed([path], { kind: "container", name: id })).toEqual([path]);
});
