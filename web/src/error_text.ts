// What went wrong, in words.
import type { ApiError } from "./api";
import { duration } from "./format";
import { t } from "./text";

/** The sentences for an error of the API. */
export function errorText(error: ApiError): { title: string; text: string | null } {
  if (error.unreachable) return { title: t("error.unreachable"), text: t("error.unreachable_means") };
  if (error.retryAfterMs !== null) {
    return { title: t("error.rate_limited", { duration: duration(error.retryAfterMs, "long") }), text: null };
  }
  if (error.isPassword) return { title: t("signin.wrong"), text: null };
  return { title: error.message || t("error.not_ready"), text: error.hint };
}
