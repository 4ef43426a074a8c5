// "Am I safe?": one sentence, what it rests on, and what has happened.
import { useEffect, useState } from "preact/hooks";
import { api, part } from "../api";
import type { DatabaseOverview, Fact, JobStarted, Overview as OverviewData } from "../api_types";
import { listen } from "../events";
import { repositoryFault, restoreFault } from "../faults";
import { useOld } from "../freshness";
import { bytes, duration, moment, number } from "../format";
import { Badge } from "../parts/badge";
import { Button } from "../parts/button";
import { Card } from "../parts/card";
import { Icon } from "../parts/icon";
import { Empty, ErrorNotice, Loading } from "../parts/notice";
import { Page } from "../parts/page";
import { SnapshotDialog } from "../parts/snapshot_dialog";
import { causeText, factLooks, OldStateSentence, StateSentence, toneWhen, weakest, weakestFact } from "../parts/state";
import { Tabs } from "../parts/tabs";
import { Time } from "../parts/time";
import { TimelineChart } from "../parts/timeline_chart";
import { useResource } from "../resource";
import { Link } from "../router";
import { runTask, type TaskWanted } from "../tasks";
import { known, t } from "../text";
import type { ComponentChildren } from "preact";

/** The button of a fact that is not good. */
function FactAction({ fact, database, primary, onSnapshot, reload }: {
  fact: Fact;
  database: string;
  primary: boolean;
  onSnapshot: () => void;
  reload: () => void;
}) {
  const kind = primary ? "primary" : "plain";
  const task = (label: string, path: string, done: string, found: TaskWanted["found"]) => () =>
    void runTask({ label, start: () => api.post<JobStarted>(path), done, found }).then(reload);
  switch (fact.action) {
    case "snapshot":
      return <Button kind={kind} small={!primary} onClick={onSnapshot}>{t("action.snapshot")}</Button>;
    case "test_restore":
      return (
        <Button kind={kind} small={!primary}
          onClick={task(t("action.test_restore"), `databases/${part(database)}/test-restores`, t("test.done"), restoreFault)}>
          {t("action.test_restore")}
        </Button>
      );
    case "check_repository":
      return (
        <Button kind={kind} small={!primary} onClick={task(t("action.check_repository"), "settings/repository/tests", t("repository.done"), repositoryFault)}>
          {t("action.check_repository")}
        </Button>
      );
    case "restore":
      return <Link to={`/restore?database=${part(database)}`} class={`button ${kind}${primary ? "" : " small"}`}>{t("action.restore")}</Link>;
    case "save_kit":
      return <Link to="/settings" class={`button ${kind}${primary ? "" : " small"}`}>{t("action.save_kit")}</Link>;
    default:
      return fact.action ? <Link to="/settings" class={`button ${kind}${primary ? "" : " small"}`}>{t("action.settings")}</Link> : null;
  }
}

function When({ fact: { time_ms: ms, cause }, children }: { fact: Fact & { time_ms: number | null }; children?: ComponentChildren }) {
  if (ms === null) return <>{t(cause?.key === "repository_unreachable" ? "fact.unknown" : "fact.never")}</>;
  return <><Time ms={ms} />{children && <span class="muted"> · {children}</span>}</>;
}

function FactValue({ fact }: { fact: Fact }) {
  switch (fact.fact) {
    case "newest_point":
      return <When fact={fact}>{fact.lag_ms ? t("fact.behind", { duration: duration(fact.lag_ms) }) : t("fact.current")}</When>;
    case "snapshot":
      return <When fact={fact} />;
    case "test_restore":
      return (
        <When fact={fact}>
          {fact.result === "passed" ? t("fact.took", { duration: duration(fact.duration_ms ?? 0) }) : fact.result && t("fact.failed")}
        </When>
      );
    case "repository":
      return (
        <>
          {fact.reachable === null ? t("fact.unknown") : fact.reachable ? t("fact.reachable") : t("fact.unreachable")}
          {fact.text && <span class="muted"> · <span lang="en">{fact.text}</span></span>}
        </>
      );
    case "recovery_key":
      if (!fact.needed) return <>{t("fact.not_encrypted")}</>;
      if (fact.saved_ms === null) return <>{t("fact.kit_not_saved")}</>;
      return <>{t("fact.kit_saved", { time: moment(fact.saved_ms) })}</>;
  }
}

function Facts({ database, old, onSnapshot, reload }: {
  database: DatabaseOverview;
  old: boolean;
  onSnapshot: () => void;
  reload: () => void;
}) {
  const decisive = weakestFact(database);
  return (
    <ul class="facts">
      {database.facts.map((fact) => {
        const look = factLooks[fact.state];
        const cause = fact.state === "good" ? null : causeText(fact);
        return (
          <li key={fact.fact} class={`fact ${toneWhen(old, look.tone)}`}>
            <span class="fact-icon"><Icon name={look.icon} /><span class="unseen">{look.word()}: </span></span>
            <span class="fact-name">{t(`fact.${fact.fact}`)}</span>
            <span class="fact-value">
              <FactValue fact={fact} />
              {cause && <span class="fact-cause">{cause}</span>}
            </span>
            {/* The decisive one has its button in the sentence above: one button for one thing. */}
            {!old && fact.state !== "good" && fact !== decisive && (
              <FactAction fact={fact} database={database.name} primary={false} onSnapshot={onSnapshot} reload={reload} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Events({ database, repository }: { database: DatabaseOverview; repository: OverviewData["repository"] }) {
  return (
    <div class="three">
      <Card title={t("storage.title")}>
        <p class="figure">{database.bytes === null ? t("fact.unknown") : bytes(database.bytes)}</p>
        {database.points !== null && <p class="muted">{t("storage.points", { n: database.points })}</p>}
        {database.live && <p class="muted">{t("storage.today", { bytes: bytes(database.live.bytes_today) })}</p>}
        <p class="storage-place">
          <code>{repository.place}</code>
          {repository.encrypted
            ? <Badge icon="lock">{t("storage.encrypted")}</Badge>
            : <Badge tone="attention" icon="lock-open">{t("storage.not_encrypted")}</Badge>}
        </p>
      </Card>
      <Card title={t("next.title")}>
        {database.next.length === 0 ? <p class="muted">{t("next.empty")}</p> : (
          <ul class="events">
            {[...database.next].sort((a, b) => a.time_ms - b.time_ms).map(({ what, time_ms }) => (
              <li key={what + time_ms}><span>{known("event", what, what)}</span><span class="muted"><Time ms={time_ms} /></span></li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t("activity.title")}>
        {database.activity.length === 0 ? <p class="muted">{t(database.points === null ? "cause.repository_unreachable" : "activity.empty")}</p> : (
          <ul class="events">
            {database.activity.slice(0, 5).map(({ point, time_ms, reason, label }) => (
              <li key={point}>
                <span>{label ?? known("reason", reason, reason)}</span>
                <span class="muted"><Time ms={time_ms} />{label && <> · {known("reason", reason, reason)}</>}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}

function Database({ database, overview, oldSince, onSnapshot, reload }: {
  database: DatabaseOverview;
  overview: OverviewData;
  /** When this was read, if that can no longer be believed. */
  oldSince: number | null;
  onSnapshot: () => void;
  reload: () => void;
}) {
  return (
    <div class="stack">
      <Card title={t("fact.title")} side={<>
        {oldSince !== null && <Badge tone="attention" icon="clock">{t("overview.as_of", { time: moment(oldSince) })}</Badge>}
        <code class="path">{database.path}</code>
      </>}>
        <Facts database={database} old={oldSince !== null} onSnapshot={onSnapshot} reload={reload} />
      </Card>
      <Card title={t("timeline.title")} side={<Link to={`/points?database=${part(database.name)}`}>{database.points === null ? t("nav.points") : t("storage.points", { n: database.points })}</Link>}>
        {database.points === null ? <p class="muted">{t("cause.repository_unreachable")}</p> : <TimelineChart buckets={database.timeline} />}
      </Card>
      <Events database={database} repository={overview.repository} />
    </div>
  );
}

export default function Overview() {
  const { data, error, asOf, reload } = useResource((signal) => api.get<OverviewData>("overview", signal), []);
  const [chosen, setChosen] = useState<string | null>(null);
  const [snapshot, setSnapshot] = useState(false);
  useEffect(() => listen("events", { on: { overview: reload }, poll: reload }), []);

  const weak = data && weakest(data.databases);
  const shown = data?.databases.find(({ name }) => name === chosen) ?? weak;
  const several = (data?.databases.length ?? 0) > 1;
  const fact = weak && weakestFact(weak);
  const openSnapshot = () => setSnapshot(true);
  const old = useOld(asOf, reload) || error !== null;
  const shownOne = data && shown && (
    <Database database={shown} overview={data} oldSince={old ? asOf : null} onSnapshot={openSnapshot} reload={reload} />
  );

  return (
    <Page title={t("nav.overview")} actions={shown && <Button icon="camera" onClick={openSnapshot}>{t("action.snapshot")}</Button>}>
      {error && <ErrorNotice error={error} retry={reload} means={t("overview.unknown_means")} />}
      {!data && !error && <Loading lines={4} />}
      {data && !weak && <Empty icon="database" title={t("overview.no_databases")}>{t("overview.no_databases_means")}</Empty>}
      {data && weak && shown && (
        <>
          {old
            ? (
              <OldStateSentence asOf={asOf}
                action={!error && <Button kind="primary" icon="refresh-cw" onClick={reload}>{t("common.try_again")}</Button>} />
            )
            : (
              <StateSentence database={weak} several={several} action={fact?.action &&
                <FactAction fact={fact} database={weak.name} primary onSnapshot={openSnapshot} reload={reload} />} />
            )}
          {several
            ? (
              <Tabs label={t("common.database")} value={shown.name} onValue={setChosen}
                tabs={data.databases.map(({ name, facts }) => ({
                  value: name,
                  label: <>{name} {facts.some(({ state }) => state !== "good") && <Badge tone="attention">{number(facts.filter(({ state }) => state !== "good").length)}</Badge>}</>,
                }))}>
                {shownOne}
              </Tabs>
            )
            : shownOne}
        </>
      )}
      {snapshot && shown && <SnapshotDialog database={shown.name} onClose={() => setSnapshot(false)} onTaken={reload} />}
    </Page>
  );
}
