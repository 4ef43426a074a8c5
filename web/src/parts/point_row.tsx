// A restore point in the list: what is known of it, and what can be done with it.
import { useState } from "preact/hooks";
import { announce, announceFault } from "../announcements";
import { api, asApiError, part } from "../api";
import type { JobStarted, ListedPoint, Point } from "../api_types";
import { errorText } from "../error_text";
import { restoreFault } from "../faults";
import { bytes, exactMoment, moment, timeOfDay } from "../format";
import { Link } from "../router";
import { runTask } from "../tasks";
import { known, t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { DownloadDialog } from "./download_dialog";
import { Icon } from "./icon";
import { Menu } from "./menu";
import { Time } from "./time";

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
export interface Comparing {
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

export function PointRow({ point, database, comparing, onChanged }: {
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
      announceFault(errorText(asApiError(error)));
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
      found: restoreFault,
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
