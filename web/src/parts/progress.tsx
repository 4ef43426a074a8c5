import { useEffect, useRef } from "preact/hooks";
import { say } from "../announcements";
import { duration, percent } from "../format";
import { t } from "../text";

const tell = 10;

/** A bar with its words; read out at every tenth. Without a total it only shows that something goes on. */
export function Progress({ label, done, total, etaMs = null }: {
  label: string;
  done: number;
  total: number;
  etaMs?: number | null;
}) {
  const part = total > 0 ? Math.min(done / total, 1) : null;
  const tenth = part === null ? 0 : Math.floor(part * tell);
  const told = useRef(tenth);
  useEffect(() => {
    if (tenth > told.current && part !== null) say(`${label}: ${t("job.percent", { percent: percent(part) })}`);
    told.current = tenth;
  }, [tenth]);
  return (
    <div class="progress">
      <div class="progress-words">
        <span>{label}</span>
        <span class="muted">
          {part !== null && percent(part)}
          {etaMs !== null && etaMs > 0 && <> · {t("job.eta", { duration: duration(etaMs) })}</>}
        </span>
      </div>
      <progress aria-label={label} {...(part === null ? {} : { value: part, max: 1 })} />
    </div>
  );
}
