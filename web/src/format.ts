// Numbers, bytes, times and durations as the chosen language writes them. Times are in the browser's zone.
import { locale } from "./text";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const dayFormats = new Map<string, Intl.RelativeTimeFormat>();

/** Making a formatter takes far longer than using it, and a page has hundreds of numbers and times. */
function kept<F>(formats: Map<string, F>, options: object, make: (where: string) => F): F {
  const where = locale();
  const key = where + JSON.stringify(options);
  const format = formats.get(key) ?? make(where);
  formats.set(key, format);
  return format;
}

function numbers(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  return kept(numberFormats, options, (where) => new Intl.NumberFormat(where, options));
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(dateFormats, options, (where) => new Intl.DateTimeFormat(where, options));
}

function relativeDays(): Intl.RelativeTimeFormat {
  const options = { numeric: "auto" } as const;
  return kept(dayFormats, options, (where) => new Intl.RelativeTimeFormat(where, options));
}

/** "1.2 GB": powers of 1000, three digits. */
export function bytes(count: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return numbers({
    style: "unit",
    unit: units[unit]!,
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit === 0 || value >= 99.5 ? 0 : 1,
  }).format(value);
}

export function number(value: number): string {
  return numbers().format(value);
}

export function percent(part: number): string {
  return numbers({ style: "percent" }).format(part);
}

const symbols = { second: "s", minute: "min", hour: "h", day: null } as const;

/** "1.2 s", or "2 seconds" when long: the largest unit that fits, never rounded down to nothing. */
export function duration(ms: number, form: "short" | "long" = "short"): string {
  const [unit, size] =
    ms < minute ? (["second", second] as const)
    : ms < hour ? (["minute", minute] as const)
    : ms < 2 * day ? (["hour", hour] as const)
    : (["day", day] as const);
  const value = ms / size;
  const symbol = form === "short" ? symbols[unit] : null;
  if (symbol) {
    const digits = unit === "second" && value < 10 ? 1 : 0;
    const shown = digits ? Math.max(value, 0.1) : Math.round(value);
    // Symbols of the SI are the same everywhere; Intl's short forms are "secs" in one English and "sec" in another.
    return `${numbers({ maximumFractionDigits: digits }).format(shown)}\u00a0${symbol}`;
  }
  // A promise of "at most" is rounded up.
  return numbers({ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 })
    .format(form === "long" ? Math.ceil(value) : Math.round(value));
}

const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

export function timeOfDay(ms: number, seconds = false): string {
  return dates(seconds ? { ...clock, second: "2-digit" } : clock).format(ms);
}

function startOfDay(ms: number): Date {
  const date = new Date(ms);
  date.setHours(0, 0, 0, 0);
  return date;
}

/** Whole days from today: -1 is yesterday. */
function daysFromToday(ms: number, now: number): number {
  return Math.round((startOfDay(ms).getTime() - startOfDay(now).getTime()) / day);
}

/** "today", "yesterday", "Friday 27 November", with the year when it is another. */
export function dayName(ms: number, now = Date.now()): string {
  const days = daysFromToday(ms, now);
  if (Math.abs(days) <= 1) return relativeDays().format(days, "day");
  const year = new Date(ms).getFullYear() !== new Date(now).getFullYear();
  return dates({
    weekday: "long", day: "numeric", month: "long", ...(year ? { year: "numeric" } : {}),
  }).format(ms);
}

/** "today 03:10", "27 Nov 03:10", "27 Nov 2025 03:10". */
export function moment(ms: number, now = Date.now()): string {
  if (Math.abs(daysFromToday(ms, now)) <= 1) return `${dayName(ms, now)} ${timeOfDay(ms)}`;
  return `${shortDay(ms, now)} ${timeOfDay(ms)}`;
}

export function shortDay(ms: number, now = Date.now()): string {
  const year = new Date(ms).getFullYear() !== new Date(now).getFullYear();
  return dates({
    day: "numeric", month: "short", ...(year ? { year: "numeric" } : {}),
  }).format(ms);
}

/** To the second and with the zone: for titles and where it must be exact. */
export function exactMoment(ms: number): string {
  return dates({
    ...clock, weekday: "long", day: "numeric", month: "long", year: "numeric", second: "2-digit", timeZoneName: "short",
  }).format(ms);
}

/** "Europe/Helsinki (EET)". */
export function zone(): string {
  const parts = dates({ timeZoneName: "short" }).formatToParts(Date.now());
  const short = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return short && short !== name ? `${name} (${short})` : name;
}
