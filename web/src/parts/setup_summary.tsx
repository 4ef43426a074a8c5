// What is in a backup, before anything is written.
import type { ComponentChildren } from "preact";
import type { SetupSource } from "../api_types";
import { number, zone } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Notice } from "./notice";
import { SetupPoint } from "./setup_point";
import { Table } from "./table";
import { Time } from "./time";

function Facts({ source }: { source: SetupSource }) {
  const facts: [string, ComponentChildren][] = [
    [t("wizard.application"), source.application ?? t("wizard.unknown_application")],
    ...(source.version ? [[t("wizard.version"), source.version] as [string, ComponentChildren]] : []),
    ...(source.exported_at ? [[t("wizard.exported"), <Time ms={Date.parse(source.exported_at)} />] as [string, ComponentChildren]] : []),
  ];
  return (
    <dl class="facts-list">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function Users({ source }: { source: SetupSource }) {
  const lists = source.lists ?? [];
  if (!source.users?.length) return null;
  return (
    <Table caption={t("wizard.users")} captionShown rows={source.users} rowKey={(user) => user.user ?? ""}
      columns={[
        { label: t("wizard.user_name"), cell: (user) => user.user ?? t("wizard.nobody") },
        ...lists.map((list) => ({ label: list.label, numeric: true, cell: (user: { items: Record<string, number> }) => number(user.items[list.name] ?? 0) })),
      ]} />
  );
}

function Repository({ source }: { source: SetupSource }) {
  if (!source.databases?.length) return null;
  return (
    <Table caption={t("wizard.databases")} captionShown rows={source.databases} rowKey={(one) => one.name ?? "?"}
      columns={[
        { label: t("common.database"), cell: (one) => one.name ?? "?" },
        { label: t("points.title"), numeric: true, cell: (one) => number(one.points) },
        { label: t("fact.newest_point"), cell: (one) => (one.newest ? <Time ms={one.newest.time_ms} /> : t("fact.never")) },
      ]} />
  );
}

export function SetupSummary({ source, onSource, onBack, onNext }: {
  source: SetupSource;
  onSource: (source: SetupSource) => void;
  onBack: () => void;
  onNext: () => void;
}) {
  const isChosen = source.kind !== "repository" || source.database !== undefined;
  const hasTimes = Boolean(source.exported_at) || source.kind === "repository";
  return (
    <>
      {isChosen && <Facts source={source} />}
      <Users source={source} />
      <Repository source={source} />
      {source.kind === "repository" && <SetupPoint key={source.source} source={source} onSource={onSource} />}
      {!source.users?.length && source.tables && source.tables.length > 0 && (
        <Table caption={t("wizard.tables")} captionShown rows={source.tables} rowKey={(table) => table.name}
          columns={[
            { label: t("comparison.table"), cell: (table) => <code>{table.name}</code> },
            { label: t("wizard.rows"), numeric: true, cell: (table) => number(table.rows) },
          ]} />
      )}
      {source.missing && source.missing.length > 0 && (
        <Notice tone="attention" title={t("wizard.missing")}><ul>{source.missing.map(({ name, label }) => <li key={name}>{label}</li>)}</ul></Notice>
      )}
      {(source.problem_total ?? 0) > 0 && <Notice tone="attention" title={t("wizard.problems", { n: source.problem_total ?? 0 })} />}
      <p class="muted small">{t("wizard.nothing_yet")} {hasTimes && t("app.times_zone", { zone: zone() })}</p>
      <div class="buttons">
        <Button kind="quiet" onClick={onBack}>{t("common.back")}</Button>
        <Button kind="primary" disabled={!isChosen} onClick={onNext}>{t("common.continue")}</Button>
      </div>
    </>
  );
}
