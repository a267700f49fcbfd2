import { createConnection } from "node:net";

/** The second console of a guest, on which its command is told to end. */
export class GuestControl {
  #socket: string | null = null;

  /** The command is about to start. @param socket on which QEMU offers the console */
  open(socket: string): void {
    this.#socket = socket;
  }

  /**
   * Tells the command to end, once.
   * @param failed it could not be told
   * @returns false: there is no command yet, or it was told before
   */
  end(failed: () => void): boolean {
    const path = this.#socket;
    this.#socket = null;
    if (path === null) return false;
    const connection = createConnection(path);
    connection.on("error", failed);
    // What the console echoes is of no interest.
    connection.resume();
    connection.write("TERM\n");
    connection.unref();
    return true;
  }
}
