import { exactMoment, moment } from "../format";

/** A moment as a person says it; to the second and with its zone in the tooltip. */
export function Time({ ms, shown }: { ms: number; shown?: string }) {
  return <time dateTime={new Date(ms).toISOString()} title={exactMoment(ms)}>{shown ?? moment(ms)}</time>;
}
