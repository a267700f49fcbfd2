/**
 * kernel/files/: files that others may read, write or fight for at the same time: whole or not at all, locks that outlive
 * nobody. What may enter: paths and text. What it may not know: what the text says.
 */
export {
  createDurableFile,
  createFile,
  createFileSyncedAside,
  replaceDurableFile,
  replaceFile,
  replaceFileAside,
} from "./atomic-file.ts";
export { ensureDirectory } from "./directory.ts";
export { LineWriter } from "./line-writer.ts";
export type { LockAttempt } from "./lock-file.ts";
export { breakDeadLock, removeIfStill, tryLock } from "./lock-file.ts";
export type { OwnFile } from "./move-aside.ts";
export { makeRoom, moveAside, readBeginning } from "./move-aside.ts";
export { lockAlone } from "./sole-lock.ts";
export { temporariesIn, writerIsGone } from "./temporary.ts";
export { unlinkIfThere } from "./unlink.ts";
