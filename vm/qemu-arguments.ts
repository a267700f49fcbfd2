/** What decides QEMU's command line. */
export interface Machine {
  /** Major version of QEMU. */
  readonly qemuMajor: number;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly numaNodes: number;
  readonly kernel: string;
  /** File with the first root, or null for a kernel that needs none. */
  readonly initramfs: string | null;
  readonly kernelCommandLine: string;
  /** Socket of virtiofsd. */
  readonly rootSocket: string;
  /** File that receives the serial console: kernel messages and the guest's own marks. */
  readonly consoleFile: string;
  /** File that receives the command's output. */
  readonly outputFile: string;
  /** Socket on which the guest's second console is offered; null: there is none. */
  readonly controlSocket: string | null;
  /** Files that back the NVMe disks. */
  readonly diskFiles: readonly string[];
}

/** Processors and memory of one NUMA node. */
export interface NumaNode {
  readonly firstCpu: number;
  readonly lastCpu: number;
  readonly memoryMib: number;
}

/** Distances as the ACPI tables state them: the node itself, and any other. */
const distance = { local: 10, remote: 20 } as const;

/** Deals processors and memory out to the nodes in order; the first ones get what does not divide. */
export function planNumaNodes(cpus: number, memoryMib: number, nodes: number): NumaNode[] {
  let nextCpu = 0;
  return Array.from({ length: nodes }, (_, index) => {
    const firstCpu = nextCpu;
    nextCpu += share(cpus, nodes, index);
    return { firstCpu, lastCpu: nextCpu - 1, memoryMib: share(memoryMib, nodes, index) };
  });
}

/** QEMU's arguments; the guest has no network, no graphics and no monitor. */
export function planQemuArguments(machine: Machine): string[] {
  return [
    ...["-accel", accelerator(machine.qemuMajor), "-cpu", processor(machine.qemuMajor), "-machine", "q35"],
    ...["-nodefaults", "-nographic", "-no-reboot", "-vga", "none", "-nic", "none", "-monitor", "none"],
    ...topology(machine),
    ...["-kernel", machine.kernel, "-append", machine.kernelCommandLine],
    ...(machine.initramfs === null ? [] : ["-initrd", machine.initramfs]),
    ...["-chardev", `socket,id=root,path=${escapeComma(machine.rootSocket)}`],
    ...["-device", "vhost-user-fs-pci,chardev=root,tag=rootfs"],
    ...["-serial", `file:${machine.consoleFile}`],
    // A file and not a pipe: virtconsole drops what a pipe has no room for.
    ...["-chardev", `file,id=output,path=${escapeComma(machine.outputFile)}`],
    ...["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=output"],
    ...(machine.controlSocket === null ? [] : control(machine.controlSocket)),
    ...["-device", "isa-debug-exit,iobase=0x501,iosize=4"],
    ...machine.diskFiles.flatMap(disk),
  ];
}

/** Major version from the first line of `qemu-system-x86_64 --version`, or null. */
export function parseQemuMajor(text: string): number | null {
  const match = /QEMU emulator version (\d+)\./.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Older QEMU loses against the kernel's text patching when guest CPUs run in parallel. */
function accelerator(qemuMajor: number): string {
  return qemuMajor >= 10 ? "tcg,thread=multi" : "tcg,thread=single";
}

/** Older QEMU's cmpxchg16b corrupts the flags register; a 6.12 kernel panics on it within a second. */
function processor(qemuMajor: number): string {
  return qemuMajor >= 10 ? "max" : "max,-cx16";
}

function topology({ cpus, memoryMib, numaNodes }: Machine): string[] {
  const nodes = planNumaNodes(cpus, memoryMib, numaNodes);
  const even = cpus % numaNodes === 0;
  const sockets = even ? `,sockets=${numaNodes},cores=${cpus / numaNodes},threads=1` : "";
  return [
    ...["-m", String(memoryMib), "-smp", `${cpus}${sockets}`],
    // virtiofsd reads and writes the guest's memory, so it has to be shared.
    ...nodes.flatMap((node, index) => [
      ...["-object", `memory-backend-memfd,id=memory${index},size=${node.memoryMib}M,share=on`],
      ...["-numa", `node,nodeid=${index},cpus=${node.firstCpu}-${node.lastCpu},memdev=memory${index}`],
    ]),
    ...distances(numaNodes),
  ];
}

function distances(nodes: number): string[] {
  const all = Array.from({ length: nodes }, (_, index) => index);
  return all.flatMap((from) =>
    all.flatMap((to) => ["-numa", `dist,src=${from},dst=${to},val=${from === to ? distance.local : distance.remote}`]),
  );
}

/** QEMU listens, and waits for nobody. */
function control(socket: string): string[] {
  return [
    ...["-chardev", `socket,id=control,path=${escapeComma(socket)},server=on,wait=off`],
    ...["-device", "virtconsole,chardev=control"],
  ];
}

/** Contents never outlive the guest, so flushes may be ignored. */
function disk(file: string, index: number): string[] {
  return [
    ...["-drive", `file=${escapeComma(file)},format=raw,if=none,id=disk${index},cache=unsafe,discard=unmap`],
    ...["-device", `nvme,drive=disk${index},serial=corral${index}`],
  ];
}

function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

/** QEMU's option syntax: a comma in a value is doubled. */
function escapeComma(value: string): string {
  return value.replaceAll(",", ",,");
}
