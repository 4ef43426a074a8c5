// When each point of a database was taken: all of them, however many there are.
import { api, part } from "./api";

/** Oldest first; one in each for every point that can be restored. */
export interface Moments {
  points: number[];
  times: number[];
}

export async function allMoments(database: string, signal: AbortSignal): Promise<Moments> {
  const all: Moments = { points: [], times: [] };
  for (let more = true; more;) {
    const after = all.points[all.points.length - 1] ?? 0;
    const next = await api.get<Moments & { more: boolean }>(`databases/${part(database)}/moments?after=${after}`, signal);
    all.points = all.points.concat(next.points);
    all.times = all.times.concat(next.times);
    more = next.more;
  }
  return all;
}
