const pad = (value: number, length = 2): string => String(value).padStart(length, "0");

/**
 * Name of a run's directory: `corral-fleet-20261129-184501-nightly`, in local time. Two runs of one second are told apart
 * by who makes the directory.
 * @param stem what the run is called; characters that no file name should have become dashes
 */
export function directoryName(stem: string, now: Date): string {
  const day = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`;
  const time = `${pad(now.getHours())}${pad(now.getMinutes())}${pad(now.getSeconds())}`;
  const plain = stem.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 80);
  return `corral-fleet-${day}-${time}${plain === "" ? "" : `-${plain}`}`;
}
