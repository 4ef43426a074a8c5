// What was found out in a scratch file before anybody has to decide.
import type { RestorePreview } from "../api_types";
import { bytes, duration, exactMoment } from "../format";
import { t } from "../text";
import { Card } from "./card";
import { Icon } from "./icon";

function Line({ good, children }: { good: boolean; children: string }) {
  return (
    <li class={good ? "check-line good" : "check-line attention"}>
      <Icon name={good ? "circle-check" : "triangle-alert"} size={18} /><span>{children}</span>
    </li>
  );
}

function schema(version: RestorePreview["preflight"]["schema_then"]): string {
  if (!version) return t("preflight.unknown");
  return version.migration ?? String(version.user_version);
}

export function Preflight({ preview }: { preview: RestorePreview }) {
  const { preflight } = preview;
  const same = schema(preflight.schema_now) === schema(preflight.schema_then);
  return (
    <Card title={t("preflight.title")}>
      <ul class="plain">
        <Line good>{t("preflight.restored", { time: exactMoment(preview.point.time_ms), bytes: bytes(preflight.bytes_restored), duration: duration(preflight.restore_ms) })}</Line>
        <Line good={preflight.sound}>{preflight.sound ? t("preflight.sound") : t("preflight.not_sound", { problem: preflight.first_problem ?? "" })}</Line>
        <Line good={preflight.enough_room}>
          {preflight.enough_room ? t("preflight.room") : t("preflight.no_room", { room: bytes(preflight.room ?? 0), bytes: bytes(preflight.room_needed) })}
        </Line>
        <Line good={same}>{same ? t("preflight.same_schema") : t("preflight.other_schema", { now: schema(preflight.schema_now), then: schema(preflight.schema_then) })}</Line>
      </ul>
    </Card>
  );
}
