import { ignoreUserSignals } from "./deaf-signals.ts";

/** Signals that arrived before somebody could heed them, and those to come. */
export interface HeldSignals {
  /** Hands over: HUP calls `reload`; the first other signal is the answer. */
  handOver(reload: () => void): Promise<NodeJS.Signals>;
}

/** Collects signals from the first moment, so that none ends a service that has begun its work. */
export function holdSignals(): HeldSignals {
  const pending: NodeJS.Signals[] = [];
  let deliver = (signal: NodeJS.Signals): void => void pending.push(signal);
  ignoreUserSignals();
  for (const name of ["SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(name, (signal) => deliver(signal));
  return {
    handOver: (reload) =>
      new Promise((resolve) => {
        deliver = (signal) => (signal === "SIGHUP" ? reload() : resolve(signal));
        for (const signal of pending.splice(0)) deliver(signal);
      }),
  };
}
