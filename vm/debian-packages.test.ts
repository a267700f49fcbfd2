import { expect, test } from "vitest";
import { findDebianMirror, imagePackageOf, parsePackageRecords, planKernelPackages } from "./debian-packages.ts";

const stable = parsePackageRecords(`Package: linux-image-cloud-amd64
Version: 6.12.107-1
Depends: linux-image-6.12.107+deb13-cloud-amd64 (= 6.12.107-1)
Description: Linux for cloud (meta-package)
 This package depends on the latest kernel.

Package: linux-image-6.12.107+deb13-cloud-amd64
Version: 6.12.107-1
Depends: kmod, initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool
`);

const sid = parsePackageRecords(`Package: linux-image-cloud-amd64
Version: 7.2.13-1
Depends: linux-base-cloud-amd64 (= 7.2.13-1), linux-image-7.2.13+deb14-cloud-amd64 (= 7.2.13-1)

Package: linux-image-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Depends: dracut | linux-initramfs-tool, linux-base-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-binary-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-modules-7.2.13+deb14-cloud-amd64 (= 7.2.13-1)
`);

test("up to Debian 13 one package holds kernel and modules", () => {
  const [meta = {}, image = {}] = stable;
  expect(imagePackageOf(meta)).toBe("linux-image-6.12.107+deb13-cloud-amd64");
  expect(planKernelPackages(image)).toEqual({
    version: "6.12.107-1",
    release: "6.12.107+deb13-cloud-amd64",
    image: "linux-image-6.12.107+deb13-cloud-amd64",
    modules: ["linux-image-6.12.107+deb13-cloud-amd64"],
  });
});

test("later the image package only depends on the ones that hold them", () => {
  const [meta = {}, image = {}] = sid;
  expect(imagePackageOf(meta)).toBe("linux-image-7.2.13+deb14-cloud-amd64");
  expect(planKernelPackages(image)).toEqual({
    version: "7.2.13-1",
    release: "7.2.13+deb14-cloud-amd64",
    image: "linux-binary-7.2.13+deb14-cloud-amd64",
    modules: ["linux-base-7.2.13+deb14-cloud-amd64", "linux-modules-7.2.13+deb14-cloud-amd64"],
  });
});

test("a metapackage without a cloud kernel names none", () => {
  expect(imagePackageOf({ package: "linux-image-cloud-amd64", depends: "linux-image-amd64" })).toBeNull();
});

test.each([
  ["a stanza", "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\n", "http://mirror.example/debian"],
  [
    "a line with options",
    "deb [arch=amd64] https://mirror.example/debian bookworm main\n",
    "https://mirror.example/debian",
  ],
  ["the security archive", "deb http://deb.debian.org/debian-security bookworm-security main\n", null],
  ["a commented line", "# deb http://mirror.example/debian bookworm main\n", null],
  ["another distribution", "deb http://archive.ubuntu.com/ubuntu noble main\n", null],
  ["a list of mirrors", "URIs: mirror+file:/etc/apt/mirrors/debian.list\n", null],
])("the Debian mirror in %s", (_, text, expected) => {
  expect(findDebianMirror(["", text])).toBe(expected);
});
