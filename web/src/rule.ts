// A retention rule ("1h:all 24h:1m") in words. The server checks rules; what is not understood here is shown as it is.
import { duration, number } from "./format";
import { t } from "./text";

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, mo: 2_678_400_000, y: 31_622_400_000 };

function span(text: string): string | null {
  const found = /^(\d+)(s|m|h|d|w|mo|y)$/.exec(text);
  if (!found) return null;
  const [, count, unit] = found as unknown as [string, string, string];
  if (unit === "w") return t("rule.weeks", { n: Number(count) });
  if (unit === "mo") return t("rule.months", { n: Number(count) });
  if (unit === "y") return t("rule.years", { n: Number(count) });
  return duration(Number(count) * units[unit]!, "long");
}

/** One phrase for each part: "every point for 1 hour". */
export function ruleWords(rule: string): string[] {
  return rule.trim().split(/[\s,]+/).map((part) => {
    const [age = "", every = ""] = part.split(":");
    if (age === "last") return t("rule.last", { count: number(Number(every)) });
    const time = age === "forever" ? null : span(age);
    const step = every === "all" ? null : span(every);
    if ((age !== "forever" && !time) || (every !== "all" && !step)) return part;
    if (!step) return time ? t("rule.all_for", { time }) : t("rule.all_forever");
    return time ? t("rule.one_for", { step, time }) : t("rule.one_forever", { step });
  });
}

export function ruleSentence(rule: string): string {
  return t("rule.sentence", { parts: new Intl.ListFormat(document.documentElement.lang || "en").format(ruleWords(rule)) });
}
