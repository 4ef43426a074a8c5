// A moment is chosen, previewed, confirmed and brought back; and taken back with one button.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { api, type ApiError, asApiError, part } from "../api";
import type { Job, JobStarted, RestorePreview, Restored } from "../api_types";
import { exactMoment } from "../format";
import { allMoments, type Moments } from "../moments";
import { Button } from "../parts/button";
import { Card } from "../parts/card";
import { Comparison } from "../parts/comparison";
import { SelectField } from "../parts/field";
import { JobProgress } from "../parts/job_progress";
import { Empty, ErrorNotice, Loading, Notice } from "../parts/notice";
import { Page } from "../parts/page";
import { Preflight } from "../parts/preflight";
import { RestoreChoose, type Wish } from "../parts/restore_choose";
import { RestoreConfirm } from "../parts/restore_confirm";
import { ServerWords } from "../parts/server_words";
import type { PageProps } from "../pages";
import { failureOf, useJob } from "../jobs";
import { useResource } from "../resource";
import { go, Link } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";

function Snapped({ preview }: { preview: RestorePreview }) {
  if (preview.asked_ms === null) return null;
  return (
    <Notice tone="accent" title={t("restore.snapped", { time: exactMoment(preview.point.time_ms) })}>
      {t("restore.snapped_means")}
    </Notice>
  );
}

function Done({ done, database, actions }: { done: Restored; database: string; actions: ComponentChildren }) {
  if (done.scope === "file") {
    return (
      <Notice tone="good" title={t("restore.done_file")} actions={actions}>
        <code>{done.target}</code>{done.time_ms !== null && <>: {t("restore.done_moment", { time: exactMoment(done.time_ms) })}</>}{" "}
        {t("restore.done_untouched", { database })}
      </Notice>
    );
  }
  return (
    <Notice tone="good" title={t("restore.done", { database })} actions={actions}>
      {done.time_ms !== null && t("restore.done_moment", { time: exactMoment(done.time_ms) })}{" "}
      {done.process ? t("restore.done_runs") : ""} {done.point_before ? t("restore.done_before", { point: String(done.point_before) }) : ""}
      {done.kept && <> {t("restore.done_kept")} <code>{done.kept}</code></>}
    </Notice>
  );
}

function Result({ job, database, onUndo, onAgain, onAway }: {
  job: Job;
  database: string;
  onUndo: () => void;
  onAgain: () => void;
  onAway: () => void;
}) {
  const away = <Button onClick={onAway}>{t("restore.away")}</Button>;
  if (job.state === "done") {
    const done = job.result as Restored;
    return (
      <Done done={done} database={database} actions={<>
        {done.undo && <Button icon="undo-2" onClick={onUndo}>{t("restore.undo")}</Button>}
        {away}
        <Link to="/" class="button plain">{t("nav.overview")}</Link>
      </>} />
    );
  }
  if (job.state === "interrupted") {
    return (
      <Notice tone="attention" title={t("restore.interrupted")} actions={<>
        {away}
        <Link to={`/points?database=${part(database)}`} class="button plain">{t("nav.points")}</Link>
      </>}>
        {t("restore.interrupted_means")}
      </Notice>
    );
  }
  return (
    <ErrorNotice error={failureOf(job)} means={t("restore.failed_means")}
      actions={<><Button onClick={onAgain}>{t("restore.preview_again")}</Button>{away}</>} />
  );
}

const seen = "holdfast.restore-seen";
const lately = 24 * 3600 * 1000;

/** One that goes on, else the last that has ended and that nobody has put away in this browser. */
function theRestore(jobs: Job[], database: string): Job | null {
  const own = jobs.filter((job) => job.kind === "restore" && job.database === database);
  const last = own.filter(({ ended_ms }) => ended_ms !== null).sort((a, b) => b.ended_ms! - a.ended_ms!)[0];
  const running = own.find((job) => job.state === "running");
  if (running) return running;
  return last && Date.now() - last.ended_ms! < lately && localStorage.getItem(seen) !== last.id ? last : null;
}

/** A restore that goes on or, where no point is asked for, has ended, whatever tab began it. */
function useRestore(database: string, asked: number | null): [string | null, (id: string | null) => void] {
  const [id, setId] = useState<string | null>(null);
  useEffect(() => {
    void api.get<{ jobs: Job[] }>("jobs").then(({ jobs }) => {
      const own = theRestore(jobs, database);
      if (own && (asked === null || own.state === "running")) setId((before) => before ?? own.id);
    }).catch(() => {});
  }, [database]);
  function show(next: string | null): void {
    if (id && !next) localStorage.setItem(seen, id);
    setId(next);
  }
  return [id, show];
}

function Flow({ database, moments, asked, reload }: { database: string; moments: Moments; asked: number | null; reload: () => void }) {
  const [wish, setWish] = useState<Wish | null>(null);
  const [previewId, setPreviewId] = useState<string | null>(null);
  const [restoreId, setRestoreId] = useRestore(database, asked);
  const [error, setError] = useState<ApiError | null>(null);
  const preview = useJob(previewId);
  const restore = useJob(restoreId, reload);
  const shown = preview.job?.state === "done" ? (preview.job.result as RestorePreview) : null;

  async function look(next: Wish): Promise<void> {
    setWish(next);
    setRestoreId(null);
    setPreviewId(null);
    setError(null);
    try {
      const { job } = await api.post<JobStarted>(`databases/${part(database)}/restore-plans`, next);
      setPreviewId(job);
    } catch (reason) {
      setError(asApiError(reason));
    }
  }

  if (restoreId) {
    return (
      <div class="stack">
        {restore.job?.state === "running" && <JobProgress title={t("restore.running")} job={restore.job} />}
        {restore.job && restore.job.state !== "running" && (
          <Result job={restore.job} database={database} onUndo={() => void look({ undo: true })} onAgain={() => wish ? void look(wish) : setRestoreId(null)} onAway={() => setRestoreId(null)} />
        )}
        {!restore.job && <Loading />}
      </div>
    );
  }
  return (
    <div class="stack">
      <RestoreChoose key={asked ?? "newest"} database={database} moments={moments} asked={asked} busy={preview.job?.state === "running"} onWish={(next) => void look(next)} />
      {error && <ErrorNotice error={error} />}
      {preview.job?.state === "running" && <JobProgress title={t("restore.previewing")} job={preview.job} />}
      {preview.job?.state === "failed" && <ErrorNotice error={failureOf(preview.job)} means={t("restore.nothing_changed")} />}
      {shown && (
        <>
          <Snapped preview={shown} />
          <Preflight preview={shown} />
          <Card title={t("restore.what_changes")}>
            <Comparison comparison={shown} from={t("restore.rows_now")} to={t("restore.rows_then")} />
            {shown.not_compared && <Notice tone="attention" title={t("restore.not_compared")}><ServerWords said={[shown.not_compared]} /></Notice>}
          </Card>
          <RestoreConfirm key={shown.plan} database={database} preview={shown} onStarted={setRestoreId} />
        </>
      )}
    </div>
  );
}

export default function Restore({ query }: PageProps) {
  const { session } = useContext(SessionContext);
  const wanted = query.get("database");
  const database = session.databases.find((name) => name === wanted) ?? session.databases[0] ?? "";
  const { data, error, reload } = useResource(
    (signal) => database ? allMoments(database, signal) : Promise.resolve({ points: [], times: [] }),
    [database],
  );
  const asked = Number(query.get("point")) || null;
  return (
    <Page title={t("restore.title")} lead={t("restore.lead")}>
      {session.databases.length > 1 && (
        <div class="choose-database">
          <SelectField label={t("common.database")} value={database} onValue={(name) => go(`/restore?database=${part(name)}`)}
            options={session.databases.map((name) => ({ value: name, label: name }))} />
        </div>
      )}
      {error && <ErrorNotice error={error} retry={reload} means={t("restore.nothing_changed")} />}
      {!data && !error && <Loading lines={4} />}
      {data?.points.length === 0 && <Empty icon="rotate-ccw" title={t("points.empty")}>{t("points.empty_means")}</Empty>}
      {data && data.points.length > 0 && <Flow key={database} database={database} moments={data} asked={asked} reload={reload} />}
      <p class="muted restore-elsewhere">{t("restore.elsewhere")} <Link to="/setup">{t("first.restore")}</Link></p>
    </Page>
  );
}
