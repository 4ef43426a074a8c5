// A restore point is being compared: the other one is chosen in the list below.
import { useEffect, useRef } from "preact/hooks";
import type { Point } from "../api_types";
import { exactMoment } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Icon } from "./icon";

export function CompareChoice({ first, onEnd }: { first: Point; onEnd: () => void }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => bar.current?.focus(), [first]);
  return (
    <div class="compare-choice" role="group" tabIndex={-1} ref={bar} aria-label={t("compare.choose", { time: exactMoment(first.time_ms) })}>
      <Icon name="git-compare" />
      <span>{t("compare.choose", { time: exactMoment(first.time_ms) })}</span>
      <Button small onClick={onEnd}>{t("compare.end")}</Button>
    </div>
  );
}
