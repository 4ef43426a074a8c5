// What is kept of the past: one sentence, the presets, and what another rule would drop, before it is taken.
import { useState } from "preact/hooks";
import { announce } from "../announcements";
import { api, type ApiError, asApiError } from "../api";
import type { JobStarted, PruneResult, Retention } from "../api_types";
import { settingText } from "../error_text";
import { failureOf, useJob } from "../jobs";
import { ruleSentence } from "../rule";
import { t } from "../text";
import { Button } from "./button";
import { Card } from "./card";
import { WouldDrop } from "./drops";
import { SelectField, TextField } from "./field";
import { ErrorNotice, FaultNotice } from "./notice";
import { FixedBy } from "./settings_list";

function presetOf(retention: Retention, rule: string): string {
  return retention.presets.find((preset) => preset.name === rule || preset.rule === rule)?.name ?? "own";
}

function presetLabel(name: string): string {
  if (name === "light") return t("retention.light");
  if (name === "standard") return t("retention.standard");
  return name === "long" ? t("retention.long") : name;
}

function textOf(retention: Retention, rule: string): string {
  return retention.presets.find((preset) => preset.name === rule)?.rule ?? rule;
}

export function RetentionCard({ retention, onChange }: { retention: Retention; onChange: (retention: Retention) => void }) {
  const now = retention.rule ?? "standard";
  const [preset, setPreset] = useState(presetOf(retention, now));
  const [own, setOwn] = useState(textOf(retention, now));
  const [job, setJob] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const watch = useJob(job);
  const rule = preset === "own" ? own.trim() : preset;
  const same = textOf(retention, rule) === textOf(retention, now);
  const shown = watch.job?.state === "done" ? (watch.job.result as PruneResult) : null;

  function choose(next: string): void {
    if (next === "own") setOwn(textOf(retention, rule));
    setPreset(next);
    setJob(null);
    setTrouble(null);
  }

  async function act(what: () => Promise<void>): Promise<void> {
    setBusy(true);
    setTrouble(null);
    try {
      await what();
    } catch (reason) {
      setTrouble(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }

  const preview = () => act(async () => setJob((await api.post<JobStarted>("settings/retention/preview", { rule })).job));
  const take = () => act(async () => {
    onChange(await api.put<Retention>("settings/retention", { rule }));
    setJob(null);
    announce(t("retention.changed"));
  });

  return (
    <Card title={t("retention.title")} side={retention.locked && retention.source ? <FixedBy source={retention.source} /> : undefined}>
      {retention.problem && <FaultNotice told={settingText(retention.problem)} />}
      <p>{ruleSentence(textOf(retention, now))}</p>
      {!retention.locked && (
        <>
          <SelectField label={t("retention.choose")} value={preset} onValue={choose}
            options={[...retention.presets.map(({ name }) => ({ value: name, label: presetLabel(name) })),
              { value: "own", label: t("retention.own") }]} />
          {preset === "own" && <TextField label={t("retention.rule")} help={t("retention.rule_help")} spellcheck={false} value={own}
            onValue={(value) => { setOwn(value); setJob(null); }} />}
          {!same && rule && <p class="lead">{ruleSentence(textOf(retention, rule))}</p>}
          {trouble && <ErrorNotice error={trouble} />}
          {watch.error && <ErrorNotice error={watch.error} />}
          {watch.job?.state === "failed" && <ErrorNotice error={failureOf(watch.job)} />}
          {shown && <WouldDrop result={shown} />}
          {!same && (
            <div class="buttons">
              {shown
                ? <Button kind="primary" busy={busy} onClick={() => void take()}>{t("retention.take")}</Button>
                : <Button busy={busy || watch.job?.state === "running"} onClick={() => void preview()}>{t("retention.preview")}</Button>}
            </div>
          )}
        </>
      )}
    </Card>
  );
}
