// Restore points over time, drawn by hand; the same as a table below for who cannot see it or wants the numbers.
import type { Bucket } from "../api_types";
import { bytes, exactMoment, moment, number, shortDay, timeOfDay } from "../format";
import { t } from "../text";
import { Table } from "./table";
import { Time } from "./time";

const width = 1000;
const height = 100;
const tenMinutes = 10 * 60 * 1000;
const twoDays = 2 * 24 * 3600 * 1000;

function Bars({ buckets }: { buckets: Bucket[] }) {
  const most = Math.max(...buckets.map(({ count }) => count), 1);
  const step = width / buckets.length;
  return (
    <>
      {buckets.map(({ time_ms, count, bytes: size }, at) => {
        // Something that is there is seen, however little it is beside the rest.
        const tall = count ? Math.max((count / most) * height, 2) : 0;
        return (
          <g key={time_ms} class="bucket">
            <title>{`${exactMoment(time_ms)}\n${t("timeline.bucket", { n: count, bytes: bytes(size) })}`}</title>
            <rect class="bucket-ground" x={at * step} width={step} y={0} height={height} />
            <rect class="bucket-bar" x={at * step + step * 0.14} width={step * 0.72} y={height - tall} height={tall} />
          </g>
        );
      })}
    </>
  );
}

export function TimelineChart({ buckets }: { buckets: Bucket[] }) {
  const first = buckets[0];
  const last = buckets[buckets.length - 1];
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (!first || !last || total === 0) return <p class="muted">{t("timeline.empty")}</p>;
  const span = last.time_ms - first.time_ms;
  const label = (ms: number) => (span > twoDays ? shortDay(ms) : timeOfDay(ms, span < tenMinutes));
  const ticks = [0, 0.25, 0.5, 0.75].map((part) => buckets[Math.floor(part * buckets.length)]!.time_ms);
  return (
    <figure class="timeline">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img"
        aria-label={`${t("timeline.chart")}: ${t("timeline.summary", { n: total, from: moment(first.time_ms), to: moment(last.time_ms) })}`}>
        <Bars buckets={buckets} />
      </svg>
      <div class="timeline-axis" aria-hidden="true">{ticks.map((ms) => <span key={ms}>{label(ms)}</span>)}</div>
      <details>
        <summary>{t("common.show_table")}</summary>
        <div class="timeline-table">
          <Table caption={t("timeline.chart")} rowKey={(bucket) => bucket.time_ms}
            rows={buckets.filter(({ count }) => count > 0).reverse()}
            columns={[
              { label: t("timeline.from"), cell: ({ time_ms }) => <Time ms={time_ms} /> },
              { label: t("timeline.count"), cell: ({ count }) => number(count), numeric: true },
              { label: t("timeline.bytes"), cell: ({ bytes: size }) => bytes(size), numeric: true },
            ]} />
        </div>
      </details>
    </figure>
  );
}
