// Numbers for people.
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 1) return "under 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export const about = (seconds: number): string => `${seconds < 1 ? "" : "about "}${duration(seconds)}`;

/** How long something still takes: "about 12 s left". */
export const remaining = (seconds: number): string => `${about(seconds)} left`;

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** A moment as the server tells it: seconds since 1970, or a date as text. */
export const moment = (value: number | string): Date => new Date(typeof value === "number" ? value * 1000 : value);

export function when(value: number | string): string {
  const date = moment(value);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export const counted = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString()} ${n === 1 ? one : many}`;
