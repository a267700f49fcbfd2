/** What the classes of sessions mean, best first. `cpuWeight` is the share under contention (cgroup-v2.rst, cpu.weight). */
export const sessionClasses = {
  high: { rank: 3, cpuWeight: 150 },
  normal: { rank: 2, cpuWeight: 100 },
  low: { rank: 1, cpuWeight: 50 },
  besteffort: { rank: 0, cpuWeight: 10 },
} as const satisfies Readonly<Record<string, { readonly rank: number; readonly cpuWeight: number }>>;

/** How much a session matters beside others. */
export type SessionClass = keyof typeof sessionClasses;

export const sessionClassNames = Object.keys(sessionClasses) as readonly SessionClass[];

export const isSessionClass = (text: string): text is SessionClass => Object.hasOwn(sessionClasses, text);

/** The lower of two classes. */
export const lowerClass = (one: SessionClass, other: SessionClass): SessionClass =>
  sessionClasses[one].rank <= sessionClasses[other].rank ? one : other;
