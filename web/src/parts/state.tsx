// How the state is said: the one sentence of a database, as the weakest of its facts.
import type { ComponentChildren } from "preact";
import type { DatabaseOverview, Fact, FactState, OverallState } from "../api_types";
import { duration, moment } from "../format";
import { known, t } from "../text";
import { Icon } from "./icon";
import { Time } from "./time";
import type { Tone } from "./badge";

/** Unknown is amber: it may be well, but nobody has seen it. */
export const factLooks: Record<FactState, { tone: Tone; icon: string; word: () => string }> = {
  good: { tone: "good", icon: "circle-check", word: () => t("fact.good") },
  attention: { tone: "attention", icon: "triangle-alert", word: () => t("fact.attention") },
  unknown: { tone: "attention", icon: "circle-help", word: () => t("fact.unknown") },
  bad: { tone: "bad", icon: "octagon-alert", word: () => t("fact.bad") },
};

const stateLooks: Record<OverallState, { tone: Tone; icon: string; word: () => string }> = {
  protected: { tone: "good", icon: "shield-check", word: () => t("state.protected") },
  attention: { tone: "attention", icon: "shield-alert", word: () => t("state.attention") },
  unknown: { tone: "attention", icon: "shield-question-mark", word: () => t("state.unknown") },
  unprotected: { tone: "bad", icon: "shield-x", word: () => t("state.unprotected") },
};

/** What was good and is old is not shown as good. */
export function toneWhen(old: boolean, tone: Tone): Tone {
  return old && tone === "good" ? "neutral" : tone;
}

const byWeakness: OverallState[] = ["unprotected", "attention", "unknown", "protected"];
const factsByWeakness: FactState[] = ["bad", "attention", "unknown", "good"];

export function weakest(databases: DatabaseOverview[]): DatabaseOverview | undefined {
  return [...databases].sort((a, b) => byWeakness.indexOf(a.state) - byWeakness.indexOf(b.state))[0];
}

/** The fact that decides, unless all is well. */
export function weakestFact({ facts }: DatabaseOverview): Fact | null {
  const fact = [...facts].sort((a, b) => factsByWeakness.indexOf(a.state) - factsByWeakness.indexOf(b.state))[0];
  return fact && fact.state !== "good" ? fact : null;
}

export function causeText(fact: Fact): string | null {
  return fact.cause ? known("cause", fact.cause.key, fact.cause.text) : null;
}

function couldLose(ms: number | null): string {
  if (ms === null) return t("state.could_lose_unknown");
  return ms === 0 ? t("state.could_lose_nothing") : t("state.could_lose", { duration: duration(ms, "long") });
}

/** Nothing where it is not known, or where the last one failed, which is told anyway. */
function Proven({ database }: { database: DatabaseOverview }) {
  const fact = database.facts.find((one) => one.fact === "test_restore");
  if (database.points === null || database.newest_proven && fact?.fact === "test_restore" && fact.result === "failed") return null;
  if (fact?.fact !== "test_restore" || fact.time_ms === null || fact.result !== "passed") return <>{t("state.never_proven")}</>;
  // The time is an element of its own inside the sentence, wherever the language puts it.
  const [before, after] = t("state.proven", { time: "\u0000", duration: duration(fact.duration_ms ?? 0) }).split("\u0000");
  return <>{before}<Time ms={fact.time_ms} />{after}</>;
}

function StateBox({ state, children, action }: { state: OverallState; children: ComponentChildren; action?: ComponentChildren }) {
  const look = stateLooks[state];
  return (
    <section class={`state ${look.tone}`} aria-live="polite">
      <span class="state-icon"><Icon name={look.icon} size={30} /></span>
      <div class="state-words">
        <p class="state-word">{look.word()}</p>
        {children}
      </div>
      {action && <div class="state-action">{action}</div>}
    </section>
  );
}

/** Instead of the sentence, when the newest that is known is of then. */
export function OldStateSentence({ asOf, action }: { asOf: number; action?: ComponentChildren }) {
  return (
    <StateBox state="unknown" action={action}>
      <p class="state-cause">{t("state.old", { time: moment(asOf) })}</p>
    </StateBox>
  );
}

/** "Protected. You could lose at most 2 seconds. Last proven restore: today 03:10, took 1.2 s." */
export function StateSentence({ database, several, action }: {
  database: DatabaseOverview;
  /** There are more databases: this one is named. */
  several: boolean;
  action?: ComponentChildren;
}) {
  const fact = weakestFact(database);
  const cause = fact && causeText(fact);
  return (
    <StateBox state={database.state} action={action}>
      {cause && <p class="state-cause">{several && <>{t("state.in_database", { database: database.name })} </>}{cause}</p>}
      <p class={cause ? "state-rest muted" : "state-rest"}>{couldLose(database.could_lose_ms)} <Proven database={database} /></p>
    </StateBox>
  );
}
