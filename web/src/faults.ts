// What a test that was carried out found to be wrong, in words; null: nothing.
import type { RepositoryTest } from "./api_types";
import { t } from "./text";

export function restoreFault(result: unknown): string | null {
  return (result as { passed: boolean }).passed ? null : t("cause.test_failed");
}

export function repositoryFault(result: unknown): string | null {
  const failed = (result as RepositoryTest).checks.find(({ ok }) => !ok);
  return failed ? [failed.text ?? t("job.failed"), failed.hint].filter(Boolean).join(" ") : null;
}
