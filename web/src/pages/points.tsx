// Every moment that a database can be brought back to, by day.
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, type ApiError, asApiError, part } from "../api";
import type { ListedPoint, Overview, Point, Points as PointsData } from "../api_types";
import { dayName } from "../format";
import { Button } from "../parts/button";
import { Card } from "../parts/card";
import { CompareChoice } from "../parts/compare_choice";
import { CompareDialog } from "../parts/compare_dialog";
import { SelectField } from "../parts/field";
import { ListPiece } from "../parts/list_piece";
import { Empty, ErrorNotice, Loading } from "../parts/notice";
import { Page } from "../parts/page";
import { type Comparing, PointRow } from "../parts/point_row";
import { SnapshotDialog } from "../parts/snapshot_dialog";
import { TimelineChart } from "../parts/timeline_chart";
import type { PageProps } from "../pages";
import { useResource } from "../resource";
import { go } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";

const pageSize = 100;
const pieceSize = 50;
/** Older ones are fetched when their place is this near. */
const ahead = "800px 0px";

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

function pieces(points: ListedPoint[]): ListedPoint[][] {
  return Array.from({ length: Math.ceil(points.length / pieceSize) }, (_, at) => points.slice(at * pieceSize, (at + 1) * pieceSize));
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
      setError(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!older.more || busy || error) return;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) void more();
    }, { rootMargin: ahead });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, [older, busy, error]);
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
            <div class="points">
              {pieces(day.points).map((piece) => (
                <ListPiece key={piece[0]!.point} label={t("points.of_day", { n: piece.length })}>
                  {() => piece.map((point) => (
                    <PointRow key={point.point} point={point} database={database} comparing={comparing} onChanged={replace} />
                  ))}
                </ListPiece>
              ))}
            </div>
          </section>
        ))}
        {error && <ErrorNotice error={error} retry={() => void more()} />}
        <div class="after" ref={end}>
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
