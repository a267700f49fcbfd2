import { assert, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { type Machine, parseQemuMajor, planNumaNodes, planQemuArguments } from "./qemu-arguments.ts";

const machine: Machine = {
  qemuMajor: 7,
  cpus: 2,
  memoryMib: 2048,
  numaNodes: 1,
  kernel: "/cache/vmlinux",
  initramfs: null,
  kernelCommandLine: "quiet ro",
  rootSocket: "/tmp/vm/root.sock",
  consoleFile: "/tmp/vm/console",
  outputFile: "/tmp/vm/output",
  controlSocket: null,
  diskFiles: ["/tmp/vm/disk0"],
};

test("the whole command line of an ordinary guest", () => {
  expect(planQemuArguments(machine).join(" ")).toBe(
    [
      "-accel tcg,thread=single -cpu max,-cx16 -machine q35",
      "-nodefaults -nographic -no-reboot -vga none -nic none -monitor none",
      "-m 2048 -smp 2,sockets=1,cores=2,threads=1",
      "-object memory-backend-memfd,id=memory0,size=2048M,share=on -numa node,nodeid=0,cpus=0-1,memdev=memory0",
      "-numa dist,src=0,dst=0,val=10",
      "-kernel /cache/vmlinux -append quiet ro",
      "-chardev socket,id=root,path=/tmp/vm/root.sock -device vhost-user-fs-pci,chardev=root,tag=rootfs",
      "-serial file:/tmp/vm/console",
      "-chardev file,id=output,path=/tmp/vm/output -device virtio-serial-pci -device virtconsole,chardev=output",
      "-device isa-debug-exit,iobase=0x501,iosize=4",
      "-drive file=/tmp/vm/disk0,format=raw,if=none,id=disk0,cache=unsafe,discard=unmap -device nvme,drive=disk0,serial=corral0",
    ].join(" "),
  );
});

test("a guest whose command is to hear of signals has a second console", () => {
  const line = planQemuArguments({ ...machine, controlSocket: "/tmp/vm/control.sock" }).join(" ");
  expect(line).toContain(
    "-device virtconsole,chardev=output -chardev socket,id=control,path=/tmp/vm/control.sock,server=on,wait=off -device virtconsole,chardev=control",
  );
});

test("QEMU 10 runs guest processors in parallel and keeps every processor feature", () => {
  expect(planQemuArguments({ ...machine, qemuMajor: 10 }).slice(0, 4)).toEqual([
    "-accel",
    "tcg,thread=multi",
    "-cpu",
    "max",
  ]);
});

test("a kernel that needs a first root is given it", () => {
  const line = planQemuArguments({ ...machine, initramfs: "/tmp/vm/initramfs" }).join(" ");
  expect(line).toContain("-kernel /cache/vmlinux -append quiet ro -initrd /tmp/vm/initramfs -chardev socket,id=root");
});

test("two nodes get a socket each and a distance of 20 between them", () => {
  const line = planQemuArguments({ ...machine, cpus: 4, numaNodes: 2 }).join(" ");
  expect(line).toContain("-smp 4,sockets=2,cores=2,threads=1");
  expect(line).toContain("-numa node,nodeid=1,cpus=2-3,memdev=memory1");
  expect(line).toContain("-numa dist,src=0,dst=1,val=20");
});

test("nodes cover every processor and every MiB exactly once, none without a processor", () => {
  assert(
    property(integer({ min: 1, max: 8 }), nat(56), integer({ min: 256, max: 65_536 }), (nodes, more, memoryMib) => {
      const cpus = nodes + more;
      const plan = planNumaNodes(cpus, memoryMib, nodes);
      const seen = plan.flatMap(({ firstCpu, lastCpu }) =>
        Array.from({ length: lastCpu - firstCpu + 1 }, (_, i) => firstCpu + i),
      );
      expect(seen).toEqual(Array.from({ length: cpus }, (_, i) => i));
      expect(plan.every(({ firstCpu, lastCpu }) => lastCpu >= firstCpu)).toBe(true);
      expect(plan.reduce((sum, node) => sum + node.memoryMib, 0)).toBe(memoryMib);
    }),
  );
});

test("the version is read from Debian's and upstream's wording", () => {
  expect(parseQemuMajor("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright")).toBe(7);
  expect(parseQemuMajor("QEMU emulator version 10.0.13\n")).toBe(10);
  expect(parseQemuMajor("something else")).toBeNull();
});
