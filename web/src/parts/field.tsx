import type { ComponentChildren, PartialInputHTMLAttributes } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../text";
import { Icon } from "./icon";

interface Around {
  label: string;
  help?: ComponentChildren;
  /** What is wrong with it, or nothing. */
  error?: string | null | undefined;
}

interface Ids {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** Label above, help and error below; `children` gets the attributes that tie the control to them. */
export function Field({ label, help, error, children }: Around & { children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const describedBy = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": describedBy || undefined, "aria-invalid": Boolean(error) })}
      {error && <p class="field-error" id={`${id}-error`}><Icon name="circle-alert" size={15} />{error}</p>}
      {help && <p class="field-help" id={`${id}-help`}>{help}</p>}
    </div>
  );
}

type TextFieldProps = Around & {
  value: string;
  onValue: (value: string) => void;
} & Omit<PartialInputHTMLAttributes<HTMLInputElement>, "label" | "value" | "onInput" | "type" | "role" | "list">;

export function TextField({ label, help, error, value, onValue, ...rest }: TextFieldProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => <input type="text" autoComplete="off" {...rest} {...ids} value={value}
        onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

/** A secret, with a button to look at it. */
export function PasswordField({ label, help, error, value, onValue, ...rest }: TextFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <div class="with-button">
          <input autoComplete="current-password" spellcheck={false} {...rest} {...ids} type={(shown ? "text" : "password") as "text"} value={value}
            onInput={(event) => onValue(event.currentTarget.value)} />
          <button type="button" class="button quiet square" aria-pressed={shown} title={shown ? t("common.hide") : t("common.show")}
            aria-label={`${t("common.show")}: ${label}`} onClick={() => setShown(!shown)}>
            {shown ? <Icon name="eye-off" /> : <Icon name="eye" />}
          </button>
        </div>
      )}
    </Field>
  );
}

/** A choice among a few, as the platform shows it. */
export function SelectField<V extends string>({ label, help, error, value, onValue, options }: Around & {
  value: V;
  onValue: (value: V) => void;
  options: { value: V; label: string }[];
}) {
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onValue(event.currentTarget.value as V)}>
          {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
        </select>
      )}
    </Field>
  );
}

export function CheckField({ label, help, checked, onChecked }: {
  label: string;
  help?: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="check">
      <input type="checkbox" id={id} checked={checked} aria-describedby={help ? `${id}-help` : undefined}
        onChange={(event) => onChecked(event.currentTarget.checked)} />
      <div>
        <label for={id}>{label}</label>
        {help && <p class="field-help" id={`${id}-help`}>{help}</p>}
      </div>
    </div>
  );
}
