// What a test that was carried out found to be wrong; null: nothing.
import type { RepositoryTest } from "./api_types";
import { checkText, ownWords, type Told } from "./error_text";
import { t } from "./text";

export function restoreFault(result: unknown): Told | null {
  return (result as { passed: boolean }).passed ? null : ownWords(t("cause.test_failed"));
}

export function repositoryFault(result: unknown): Told | null {
  const failed = (result as RepositoryTest).checks.find(({ ok }) => !ok);
  return failed ? checkText(failed) : null;
}
