// What is shown depends on the session: first start, sign-in, or the pages, with the Setup Wizard beside them.
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, type ApiError, asApiError, onSignedOut, session as sessionOf } from "./api";
import type { Session } from "./api_types";
import { SignIn } from "./pages/sign_in";
import { Announcer } from "./parts/announcer";
import { Lazy } from "./parts/lazy";
import { Loading, ErrorNotice } from "./parts/notice";
import { usePlace } from "./router";
import { nobody, SessionContext } from "./session";
import { Shell } from "./shell";

const firstStart = () => import("./pages/first_start");
const wizard = () => import("./pages/setup");

export function App({ first }: { first: Promise<Session> }) {
  const [session, setSession] = useState<Session | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [expired, setExpired] = useState(false);
  const [, setLanguageTurn] = useState(0);
  const { path } = usePlace();

  function take(answer: Promise<Session>): void {
    answer.then(
      (now) => {
        setSession(now);
        setError(null);
      },
      (reason: unknown) => setError(asApiError(reason)),
    );
  }

  const ask = (): void => take(sessionOf(api.get<Session>("session")));

  useEffect(() => {
    onSignedOut(() => setSession((before) => {
      if (before?.state !== "signed_in") return before;
      setExpired(true);
      return { ...before, state: "signed_out", csrf: null };
    }));
    take(first);
  }, []);
  useEffect(() => {
    if (!error?.unreachable) return;
    const again = window.setTimeout(ask, 3000);
    return () => window.clearTimeout(again);
  }, [error]);

  const control = useMemo(() => ({
    session: session ?? nobody,
    setSession: (now: Session) => {
      setExpired(false);
      setSession(now);
    },
  }), [session]);

  return (
    <SessionContext.Provider value={control}>
      {session === null
        ? <main class="gate">{error ? <ErrorNotice error={error} retry={ask} /> : <Loading />}</main>
        : session.state === "setup" ? <Lazy load={firstStart} props={{}} />
        : session.state === "signed_out" ? <SignIn expired={expired} />
        : path === "/setup" ? <Lazy load={wizard} props={{ isNew: false }} />
        : <Shell onLanguage={() => setLanguageTurn((before) => before + 1)} />}
      <Announcer />
    </SessionContext.Provider>
  );
}
