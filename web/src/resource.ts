// Something read from the API: loading, there, or failed with what was there before.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, asApiError } from "./api";

export interface Resource<T> {
  data: T | null;
  error: ApiError | null;
  /** When data came: shown when it may be old. */
  asOf: number;
  reload: () => void;
  /** Replaces what is shown, after an answer that holds the new state. */
  set: (data: T) => void;
}

const retryAfter = 5000;

/** Reads again when a dependency changes; while the server cannot be reached, every few seconds. */
export function useResource<T>(read: (signal: AbortSignal) => Promise<T>, dependencies: unknown[]): Resource<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null; asOf: number }>({
    data: null, error: null, asOf: 0,
  });
  const [turn, setTurn] = useState(0);
  const seen = useRef(dependencies);

  useEffect(() => {
    const abort = new AbortController();
    let again: number | undefined;
    if (seen.current.some((value, at) => value !== dependencies[at])) {
      seen.current = dependencies;
      setState({ data: null, error: null, asOf: 0 });
    }
    read(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, error: null, asOf: Date.now() });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const known = asApiError(error);
        setState((before) => ({ ...before, error: known }));
        if (known.unreachable) again = window.setTimeout(() => setTurn((before) => before + 1), retryAfter);
      },
    );
    return () => {
      abort.abort();
      window.clearTimeout(again);
    };
  }, [turn, ...dependencies]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const set = useCallback((data: T) => setState({ data, error: null, asOf: Date.now() }), []);
  return { ...state, reload, set };
}
