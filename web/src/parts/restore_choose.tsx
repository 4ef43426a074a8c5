// Which moment to bring back: any point by the slider, or a time that is typed.
import { useEffect, useState } from "preact/hooks";
import { api, part } from "../api";
import type { Point } from "../api_types";
import { exactMoment, zone } from "../format";
import type { Moments } from "../moments";
import { useResource } from "../resource";
import { t } from "../text";
import { askedTime } from "../typed_time";
import { Button } from "./button";
import { Card } from "./card";
import { TextField } from "./field";
import { Time } from "./time";

/** What is asked for: a point, a moment, or the way back. */
export type Wish = { point: number } | { at: string } | { undo: true };

const pause = 200;

/** What is known of the point besides its time, once nobody moves on for a moment. */
function useLabel(database: string, point: number): string | null {
  const [still, setStill] = useState(point);
  useEffect(() => {
    const timer = window.setTimeout(() => setStill(point), pause);
    return () => window.clearTimeout(timer);
  }, [point]);
  const { data } = useResource((signal) => api.get<Point>(`databases/${part(database)}/points/${still}`, signal), [database, still]);
  return data?.point === point ? data.label : null;
}

function Slider({ database, moments, value, onValue }: {
  database: string;
  moments: Moments;
  value: number;
  onValue: (at: number) => void;
}) {
  const time = moments.times[value]!;
  const label = useLabel(database, moments.points[value]!);
  return (
    <div class="field">
      <label for="moment">{t("restore.moment")}</label>
      <input id="moment" type="range" min={0} max={moments.points.length - 1} step={1} value={value} aria-describedby="moment-help"
        aria-valuetext={exactMoment(time)} onInput={(event) => onValue(Number(event.currentTarget.value))} />
      <p class="restore-moment"><Time ms={time} shown={exactMoment(time)} />
        {label && <span class="muted"> · {label}</span>}</p>
      <p class="field-help" id="moment-help">{t("restore.moment_help", { zone: zone() })}</p>
    </div>
  );
}

export function RestoreChoose({ database, moments, asked, busy, onWish }: {
  database: string;
  moments: Moments;
  asked: number | null;
  busy: boolean;
  onWish: (wish: Wish) => void;
}) {
  const newest = moments.points.length - 1;
  const given = asked === null ? -1 : moments.points.indexOf(asked);
  const [at, setAt] = useState(given >= 0 ? given : newest);
  const [typed, setTyped] = useState("");
  const last = useResource((signal) => api.get<Point>(`databases/${part(database)}/points/${moments.points[newest]}`, signal),
    [database, moments.points[newest]]);
  const undo = last.data?.reason?.startsWith("restore ") ?? false;
  function submit(event: Event): void {
    event.preventDefault();
    onWish(typed.trim() ? { at: askedTime(typed, new Date()) } : { point: moments.points[at]! });
  }
  return (
    <Card title={t("restore.choose")} side={undo && <Button small icon="undo-2" onClick={() => onWish({ undo: true })}>{t("restore.undo_last")}</Button>}>
      <form onSubmit={submit}>
        <Slider database={database} moments={moments} value={Math.min(at, newest)} onValue={(next) => { setAt(next); setTyped(""); }} />
        <TextField label={t("restore.typed")} help={t("restore.typed_help")} value={typed} onValue={setTyped} />
        <Button kind="primary" type="submit" icon="eye" busy={busy}>{t("restore.preview")}</Button>
      </form>
    </Card>
  );
}
