import type { SetupChoice } from "./api_types";

/** Whether a choice is about a new installation: no backup was asked for. */
export function isOfNew(choice: SetupChoice): boolean {
  return Object.keys(choice.asked).length === 0;
}
