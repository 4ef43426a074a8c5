// What went wrong, in words of the page's language; what the server itself says is English, and stands below in another.
import type { ApiError } from "./api";
import type { ConnectionResult, RepositoryTest } from "./api_types";
import { duration } from "./format";
import { known, language, t } from "./text";

export interface Told {
  title: string;
  text: string | null;
  /** The server's own sentences, where the title is not one of them. */
  server: string[];
}

/** What the page itself has words for. */
export function ownWords(title: string, text: string | null = null): Told {
  return { title, text, server: [] };
}

function sentences(...said: (string | null)[]): string[] {
  return said.flatMap((one) => one || []);
}

/** `meaning`: what the sentence comes to, in the page's language. */
function fromServer(meaning: string, sentence: string | null, hint: string | null): Told {
  if (language() === "en") return ownWords(sentence || meaning, hint);
  return { title: meaning, text: null, server: sentences(sentence, hint) };
}

function meaningOf(prefix: "code" | "check", name: string): string {
  return known(prefix, name, t("job.failed"));
}

/** An error of the API, or of a job. */
export function errorText(error: ApiError): Told {
  if (error.unreachable) return ownWords(t("error.unreachable"), t("error.unreachable_means"));
  if (error.retryAfterMs !== null) return ownWords(t("error.rate_limited", { duration: duration(error.retryAfterMs, "long") }));
  if (error.isPassword) return ownWords(t("signin.wrong"));
  return fromServer(meaningOf("code", error.code), error.message, error.hint);
}

/** A backup that cannot be read: its parser's words have the line. */
export function corruptText(error: ApiError): Told {
  return { title: t("wizard.corrupt"), text: null, server: sentences(error.message, error.hint) };
}

/** A setting that is not what it should be. */
export function settingText(problem: string): Told {
  return fromServer(meaningOf("code", "config"), problem, null);
}

/** A step of the repository's test that failed. */
export function checkText({ check, text, hint }: RepositoryTest["checks"][number]): Told {
  return fromServer(meaningOf("check", check), text, hint);
}

/** A connection that does not work. */
export function connectionText({ reason, text, hint }: ConnectionResult): Told {
  const words = known("connection", reason, "");
  return words ? ownWords(words) : fromServer(t("job.failed"), text, hint);
}
