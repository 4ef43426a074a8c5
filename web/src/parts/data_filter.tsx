// Which rows are wanted: conditions, all of which must hold.
import { useState } from "preact/hooks";
import { comparesNothing, operators, type Condition, type Operator, type RowsColumn } from "../api_browse";
import { known, t } from "../text";
import { Button } from "./button";
import { SelectField, TextField } from "./field";
import { Icon } from "./icon";

function words([column, operator, value]: Condition): string {
  const name = known("operator", operator.replaceAll(" ", "_"), operator);
  return comparesNothing(operator) ? `${column} ${name}` : `${column} ${name} ${value}`;
}

const most = 8;

export function DataFilter({ columns, conditions, onConditions }: {
  columns: RowsColumn[];
  conditions: Condition[];
  onConditions: (conditions: Condition[]) => void;
}) {
  const visible = columns.filter((column) => !column.masked);
  const [chosen, setChosen] = useState("");
  const [operator, setOperator] = useState<Operator>("contains");
  const [value, setValue] = useState("");
  const column = visible.some(({ name }) => name === chosen) ? chosen : visible[0]?.name;
  if (column === undefined) return null;
  function submit(event: Event): void {
    event.preventDefault();
    onConditions([...conditions, [column!, operator, comparesNothing(operator) ? "" : value]]);
    setValue("");
  }
  return (
    <>
      <form class="data-filter" onSubmit={submit}>
        <SelectField label={t("data.filter_column")} value={column} onValue={setChosen}
          options={visible.map(({ name }) => ({ value: name, label: name }))} />
        <SelectField label={t("data.filter_operator")} value={operator} onValue={setOperator}
          options={operators.map((name) => ({ value: name, label: known("operator", name.replaceAll(" ", "_"), name) }))} />
        {!comparesNothing(operator) && <TextField label={t("data.filter_value")} value={value} onValue={setValue} maxLength={250} spellcheck={false} />}
        <Button type="submit" icon="funnel" disabled={conditions.length >= most}>{t("data.filter")}</Button>
      </form>
      {conditions.length > 0 && (
        <ul class="data-conditions" aria-label={t("data.filters")}>
          {conditions.map((condition, at) => (
            <li key={`${at}-${condition.join(" ")}`}>
              <button type="button" class="chip" onClick={() => onConditions(conditions.filter((_, other) => other !== at))}>
                {words(condition)}<Icon name="x" size={14} /><span class="unseen"> {t("data.filter_remove")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
