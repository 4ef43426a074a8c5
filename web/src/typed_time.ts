// A time as a person types it, in the zone of the browser: the server may be in another.

const day = /^(?:(today|yesterday)|(\d{4})-(\d{2})-(\d{2}))?(?:(?:^|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?$/i;

interface Typed { year: number; month: number; day: number; hour: number; minute: number; second: number; ms: number }

function exists(date: Date, typed: Typed): boolean {
  return date.getMonth() === typed.month && date.getDate() === typed.day && typed.hour < 24 && typed.minute < 60 && typed.second < 60;
}

/** What is asked of the server: the last millisecond of the minute, second or day that was typed; what is in no zone, or is no
 *  time, as it was typed. */
export function askedTime(text: string, now: Date): string {
  const typed = text.trim();
  const found = day.exec(typed);
  if (!found || !typed) return typed;
  const [, word, year, month, date, hour, minute, second, ms] = found;
  const base = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (word?.toLowerCase() === "yesterday" ? 1 : 0));
  const wanted: Typed = {
    year: year ? Number(year) : base.getFullYear(),
    month: month ? Number(month) - 1 : base.getMonth(),
    day: date ? Number(date) : base.getDate(),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    ms: ms ? Number(ms.padEnd(3, "0")) : 0,
  };
  const begin = new Date(wanted.year, wanted.month, wanted.day, wanted.hour, wanted.minute, wanted.second, wanted.ms);
  if (!exists(begin, wanted)) return typed;
  const end = hour === undefined ? new Date(wanted.year, wanted.month, wanted.day + 1).getTime()
    : begin.getTime() + (ms !== undefined ? 1 : second !== undefined ? 1000 : 60_000);
  return new Date(end - 1).toISOString();
}
