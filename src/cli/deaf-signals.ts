/**
 * Signals that mean nothing here, so that who sends them to every process of a log rotation does no harm: Node would open
 * its debugger on USR1, to whoever reaches its port, and die of USR2.
 */
export function ignoreUserSignals(): void {
  for (const name of ["SIGUSR1", "SIGUSR2"] as const) process.on(name, () => {});
}
