// Whether what is shown can still be believed: a server that hangs gives no error, and a computer that slept none either.
import { useEffect, useState } from "preact/hooks";

const lookEvery = 5000;
const confirmAfter = 20_000;
const oldAfter = 60_000;

/** Reads again what has not been read for a while. True when that has not succeeded for too long. */
export function useOld(asOf: number, reload: () => void): boolean {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      setNow(Date.now());
      if (asOf > 0 && Date.now() - asOf > confirmAfter) reload();
    };
    const looking = window.setInterval(look, lookEvery);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.clearInterval(looking);
      document.removeEventListener("visibilitychange", look);
    };
  }, [asOf]);
  return asOf > 0 && now - asOf > oldAfter;
}
