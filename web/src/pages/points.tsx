// Every moment that a database can be brought back to, by day.
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { api, ApiError, part } from "../api";
import type { JobStarted, ListedPoint, Overview, Point, Points as PointsData } from "../api_types";
import { bytes, dayName, exactMoment, moment, timeOfDay } from "../format";
import { announce } from "../parts/announcer";
import { Badge } from "../parts/badge";
import { Button } from "../parts/button";
import { Card } from "../parts/card";
import { CompareChoice } from "../parts/compare_choice";
import { CompareDialog } from "../parts/compare_dialog";
import { DownloadDialog } from "../parts/download_dialog";
import { SelectField } from "../parts/field";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Empty, errorText, ErrorNotice, Loading } from "../parts/notice";
import { Page } from "../parts/page";
import { SnapshotDialog } from "../parts/snapshot_dialog";
import { Time } from "../parts/time";
import { TimelineChart } from "../parts/timeline_chart";
import type { PageProps } from "../pages";
import { useResource } from "../resource";
import { go, Link } from "../router";
import { SessionContext } from "../session";
import { runTask } from "../tasks";
import { known, t } from "../text";

const pageSize = 100;

interface Day {
  key: string;
  points: ListedPoint[];
}

/** Newest day first, as the points come. */
function byDay(points: ListedPoint[]): Day[] {
  const days: Day[] = [];
  for (const point of points) {
    const key = new Date(point.time_ms).toDateString();
    const last = days[days.length - 1];
    if (last?.key === key) last.points.push(point);
    else days.push({ key, points: [point] });
  }
  return days;
}

function Badges({ point }: { point: ListedPoint }) {
  const { proof } = point;
  return (
    <>
      {point.damaged && <Badge tone="bad" icon="octagon-alert" title={t("points.damaged_means")}>{t("points.damaged")}</Badge>}
      {proof?.result === "passed" && <Badge tone="good" icon="badge-check" {...(proof.time_ms ? { title: exactMoment(proof.time_ms) } : {})}>{t("points.proven")}</Badge>}
      {proof?.result === "failed" && <Badge tone="bad" icon="octagon-alert">{t("points.proof_failed")}</Badge>}
      {point.pinned && <Badge tone="accent" icon="pin">{t("points.pinned")}</Badge>}
      {point.drop_ms !== null && (
        <Badge icon="hourglass" title={t("points.dropped_means")}>
          {point.drop_ms > Date.now() ? t("points.dropped", { time: moment(point.drop_ms) }) : t("points.dropped_soon")}
        </Badge>
      )}
    </>
  );
}

/** What is done to compare points, in their rows. */
interface Comparing {
  /** The other one is being chosen. */
  first: Point | null;
  begin: (first: Point) => void;
  /** Null: with now. */
  show: (one: Point, other: Point | null) => void;
}

function CompareAction({ point, comparing: { first, show } }: { point: Point; comparing: Comparing }) {
  if (!first || point.damaged) return null;
  if (first.point === point.point) return <Badge tone="accent" icon="git-compare">{t("compare.chosen")}</Badge>;
  return (
    <Button small icon="git-compare" onClick={() => show(first, point)}>
      {t("compare.action")}<span class="unseen"> {exactMoment(point.time_ms)}</span>
    </Button>
  );
}

function PointRow({ point, database, comparing, onChanged }: {
  point: ListedPoint;
  database: string;
  comparing: Comparing;
  onChanged: (point: ListedPoint) => void;
}) {
  const reason = point.reason ? known("reason", point.reason, point.reason) : t("points.continuous");
  const [download, setDownload] = useState(false);
  const query = `database=${part(database)}&point=${point.point}`;

  const path = `databases/${part(database)}`;

  async function change(answer: Promise<ListedPoint>, done?: string): Promise<void> {
    try {
      onChanged(await answer);
      if (done) announce(done);
    } catch (error) {
      announce(error instanceof ApiError ? errorText(error).title : String(error), "bad");
    }
  }
  function pin(): Promise<void> {
    return change(api.patch<ListedPoint>(`${path}/points/${point.point}`, { pinned: !point.pinned }),
      point.pinned ? t("points.unpinned_done") : t("points.pinned_done"));
  }
  async function test(): Promise<void> {
    const ended = await runTask({
      label: t("points.test"),
      start: () => api.post<JobStarted>(`${path}/test-restores`, { point: point.point }),
      done: t("test.done"),
    });
    if (ended) await change(api.get<ListedPoint>(`${path}/points/${point.point}`));
  }

  return (
    <li class="point">
      <span class="point-time"><Time ms={point.time_ms} shown={timeOfDay(point.time_ms, true)} /></span>
      <span class="point-what">
        {point.label ? <><span class="point-label">{point.label}</span><span class="muted small">{reason}</span></> : <span class="muted">{reason}</span>}
        <Badges point={point} />
      </span>
      <span class="point-size" title={t("points.added")}>{bytes(point.bytes_added)}</span>
      <span class="point-actions">
        <CompareAction point={point} comparing={comparing} />
        {!point.damaged && !comparing.first && <Link to={`/restore?${query}`} class="button plain small">{t("points.restore")}<span class="unseen"> {exactMoment(point.time_ms)}</span></Link>}
        <Menu icon="ellipsis" label={t("points.actions_of", { time: exactMoment(point.time_ms) })}>
          {!point.damaged && <Link to={`/data?${query}`} class="menu-item"><Icon name="table-2" />{t("points.browse")}</Link>}
          {!point.damaged && (
            <button type="button" class="menu-item" onClick={() => comparing.show(point, null)}><Icon name="git-compare" />{t("points.compare")}</button>
          )}
          {!point.damaged && (
            <button type="button" class="menu-item" onClick={() => comparing.begin(point)}><Icon name="git-compare" />{t("points.compare_other")}</button>
          )}
          {!point.damaged && <button type="button" class="menu-item" onClick={() => void test()}><Icon name="badge-check" />{t("points.test")}</button>}
          {!point.damaged && (
            <button type="button" class="menu-item" onClick={() => setDownload(true)}><Icon name="download" />{t("points.download")}</button>
          )}
          <button type="button" class="menu-item" onClick={() => void pin()}>
            <Icon name={point.pinned ? "pin-off" : "pin"} />{point.pinned ? t("points.unpin") : t("points.pin")}
          </button>
        </Menu>
        {download && <DownloadDialog database={database} point={point} onClose={() => setDownload(false)} />}
      </span>
    </li>
  );
}

interface Older {
  points: ListedPoint[];
  more: boolean;
}

function PointList({ database, first, reloadTurn }: { database: string; first: PointsData; reloadTurn: number }) {
  const [older, setOlder] = useState<Older>(first);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [chosen, setChosen] = useState<Point | null>(null);
  const [compared, setCompared] = useState<{ from: Point; to: Point | null } | null>(null);
  useEffect(() => setOlder(first), [first, reloadTurn]);
  const days = useMemo(() => byDay(older.points), [older]);

  async function more(): Promise<void> {
    const last = older.points[older.points.length - 1];
    if (!last) return;
    setBusy(true);
    setError(null);
    try {
      const next = await api.get<PointsData>(`databases/${part(database)}/points?before=${last.point}&limit=${pageSize}`);
      setOlder({ points: [...older.points, ...next.points], more: next.more });
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, "failed", String(reason), null));
    } finally {
      setBusy(false);
    }
  }
  function replace(point: ListedPoint): void {
    setOlder((before) => ({ ...before, points: before.points.map((one) => (one.point === point.point ? point : one)) }));
  }

  const comparing: Comparing = {
    first: chosen,
    begin: setChosen,
    show: (one, other) => setCompared(other && other.point < one.point ? { from: other, to: one } : { from: one, to: other }),
  };
  function key(event: KeyboardEvent): void {
    if (event.key === "Escape") setChosen(null);
  }

  return (
    <>
      <div class={chosen ? "choosing" : undefined} onKeyDown={key}>
        {chosen && <CompareChoice first={chosen} onEnd={() => setChosen(null)} />}
        {days.map((day, at) => (
          <section class="day" key={day.key} aria-labelledby={`day-${day.points[0]!.point}`}>
            <header class="day-head">
              <h2 id={`day-${day.points[0]!.point}`}>{dayName(day.points[0]!.time_ms)}</h2>
              {/* Of the last day there may be more that is not shown yet. */}
              {(at < days.length - 1 || !older.more) && <span class="muted small">{t("points.of_day", { n: day.points.length })}</span>}
            </header>
            <ol class="points">
              {day.points.map((point) => <PointRow key={point.point} point={point} database={database} comparing={comparing} onChanged={replace} />)}
            </ol>
          </section>
        ))}
        {error && <ErrorNotice error={error} retry={() => void more()} />}
        <div class="after">
          {older.more
            ? <Button busy={busy} onClick={() => void more()}>{t("points.older")}</Button>
            : <p class="muted small">{t("points.oldest")}</p>}
        </div>
      </div>
      {compared && <CompareDialog database={database} {...compared} onClose={() => setCompared(null)} />}
    </>
  );
}

export default function Points({ query }: PageProps) {
  const { session } = useContext(SessionContext);
  const asked = query.get("database");
  const database = session.databases.find((name) => name === asked) ?? session.databases[0] ?? "";
  const [snapshot, setSnapshot] = useState(false);
  const { data, error, reload, asOf } = useResource(
    (signal) => database
      ? api.get<PointsData>(`databases/${part(database)}/points?limit=${pageSize}`, signal)
      : Promise.resolve({ points: [], more: false }),
    [database],
  );
  const overview = useResource((signal) => api.get<Overview>("overview", signal), []);
  const buckets = overview.data?.databases.find(({ name }) => name === database)?.timeline ?? [];
  const take = database && <Button icon="camera" onClick={() => setSnapshot(true)}>{t("action.snapshot")}</Button>;

  return (
    <Page title={t("points.title")} actions={take}
      lead={database ? t("points.lead", { database }) : t("points.lead_none")}>
      {session.databases.length > 1 && (
        <div class="choose-database">
          <SelectField label={t("common.database")} value={database} onValue={(name) => go(`/points?database=${part(name)}`)}
            options={session.databases.map((name) => ({ value: name, label: name }))} />
        </div>
      )}
      {error && <ErrorNotice error={error} retry={reload} asOf={data ? asOf : 0} />}
      {!data && !error && <Loading lines={5} />}
      {data?.points.length === 0 && <Empty icon="history" title={t("points.empty")}>{t("points.empty_means")}</Empty>}
      {data && data.points.length > 0 && (
        <>
          {buckets.length > 0 && <Card title={t("timeline.title")} className="points-chart"><TimelineChart buckets={buckets} /></Card>}
          <PointList database={database} first={data} reloadTurn={asOf} />
        </>
      )}
      {snapshot && <SnapshotDialog database={database} onClose={() => setSnapshot(false)} onTaken={reload} />}
    </Page>
  );
}
