// What a retention rule drops, or dropped.
import type { PruneResult } from "../api_types";
import { bytes, number } from "../format";
import { t } from "../text";
import { Notice } from "./notice";

export function WouldDrop({ result }: { result: PruneResult }) {
  const count = result.points - result.kept;
  return (
    <Notice tone={count ? "attention" : "good"}
      title={count ? t("retention.drops", { n: count, all: number(result.points) }) : t("retention.drops_none")}>
      {count > 0 && t("retention.frees", { now: bytes(result.bytes_freed), later: bytes(result.bytes_merged) })}
    </Notice>
  );
}

export function Dropped({ result }: { result: PruneResult }) {
  return <Notice tone="good" title={t("upkeep.pruned", { n: result.points - result.kept, freed: bytes(result.bytes_freed) })} />;
}
