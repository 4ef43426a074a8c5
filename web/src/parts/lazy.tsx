import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../text";
import { Button } from "./button";
import { Loading, Notice } from "./notice";

interface Loaded<P> {
  load: unknown;
  page: ComponentType<P> | null;
  failed: boolean;
}

/** A component in a file of its own that is fetched when it is first shown. */
export function Lazy<P extends object>({ load, props }: { load: () => Promise<{ default: ComponentType<P> }>; props: P }) {
  const [state, setState] = useState<Loaded<P>>({ load, page: null, failed: false });
  useEffect(() => {
    let wanted = true;
    load().then(
      ({ default: page }) => wanted && setState({ load, page, failed: false }),
      () => wanted && setState({ load, page: null, failed: true }),
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  if (state.failed && state.load === load) {
    return (
      <div class="page">
        <Notice tone="attention" title={t("error.page")}
          actions={<Button small icon="refresh-cw" onClick={() => window.location.reload()}>{t("common.reload")}</Button>}>
          {t("error.page_means")}
        </Notice>
      </div>
    );
  }
  if (!state.page || state.load !== load) return <div class="page"><Loading lines={5} /></div>;
  const Shown = state.page;
  return <Shown {...props} />;
}
