// What happened, what it means for safety, what to do: for errors, and for places where nothing is.
import type { ComponentChildren } from "preact";
import type { ApiError } from "../api";
import { errorText, type Told } from "../error_text";
import { moment } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Icon } from "./icon";
import { ServerWords } from "./server_words";
import type { Tone } from "./badge";

const looks: Record<Tone, { icon: string }> = {
  neutral: { icon: "info" },
  accent: { icon: "info" },
  good: { icon: "circle-check" },
  attention: { icon: "triangle-alert" },
  bad: { icon: "octagon-alert" },
};

export function Notice({ tone = "neutral", title, children, actions }: {
  tone?: Tone;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={looks[tone].icon} />
      <div>
        <p class="notice-title">{title}</p>
        {children && <div class="notice-text">{children}</div>}
        {actions && <div class="notice-actions">{actions}</div>}
      </div>
    </div>
  );
}

/** What went wrong, and what is to be added to that. */
export function FaultNotice({ told: { title, text, server }, tone = "bad", children, actions }: {
  told: Told;
  tone?: Tone;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return <Notice tone={tone} title={title} actions={actions}>{text} {children}<ServerWords said={server} /></Notice>;
}

export function ErrorNotice({ error, tone = "bad", retry, actions, asOf = 0, means }: {
  error: ApiError;
  tone?: Tone;
  retry?: () => void;
  actions?: ComponentChildren;
  /** When what is still shown was read. */
  asOf?: number;
  /** What it means for safety, where the error itself does not say. */
  means?: string | undefined;
}) {
  return (
    <FaultNotice told={errorText(error)} tone={error.unreachable ? "attention" : tone}
      actions={retry ? <Button small icon="refresh-cw" onClick={retry}>{t("common.try_again")}</Button> : actions}>
      {!error.unreachable && means}
      {asOf > 0 && <> {t("error.old_data", { time: moment(asOf) })}</>}
    </FaultNotice>
  );
}

/** A place where nothing is yet. */
export function Empty({ icon, title, children, actions }: {
  icon: string;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} size={22} /></span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
      {actions && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

/** While something is read: the outline of what comes, told once to a screen reader. */
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t("app.loading")}</span>
      {Array.from({ length: lines }, (_, at) => <span key={at} class="skeleton-line" />)}
    </div>
  );
}
