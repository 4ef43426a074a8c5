// The frame around the pages: navigation, the account's menu, and what holds for all of them.
import { useContext, useRef, useState } from "preact/hooks";
import { api, session as sessionOf } from "./api";
import type { Session } from "./api_types";
import { zone } from "./format";
import { SelectField } from "./parts/field";
import { Icon, Logo } from "./parts/icon";
import { Lazy } from "./parts/lazy";
import { Menu } from "./parts/menu";
import { Empty } from "./parts/notice";
import { Page } from "./parts/page";
import { pageAt, pages } from "./pages";
import { Link, usePlace } from "./router";
import { SessionContext } from "./session";
import { chooseLanguage, keepLanguage, language, t, type Language } from "./text";
import { keepTheme, theme, type Theme } from "./theme";

function Navigation({ path }: { path: string }) {
  const current = pageAt(path)?.path;
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      {pages.map((page) => (
        <Link key={page.path} to={page.path} aria-current={page.path === current ? "page" : undefined}>
          <Icon name={page.icon} />
          <span class="nav-long">{t(page.title as "nav.overview")}</span>
          <span class="nav-short">{t(page.short as "nav.overview")}</span>
        </Link>
      ))}
    </nav>
  );
}

function Account({ onLanguage }: { onLanguage: () => void }) {
  const { setSession } = useContext(SessionContext);
  const [look, setLook] = useState(theme());
  async function signOut(): Promise<void> {
    await api.delete("session").catch(() => {});
    setSession(await sessionOf(api.get<Session>("session")));
  }
  return (
    <Menu icon="settings-2" label={t("account.menu")} up>
      <div class="menu-form">
        <SelectField<Theme> label={t("account.theme")} value={look} onValue={(value) => { keepTheme(value); setLook(value); }}
          options={[
            { value: "system", label: t("account.theme_system") },
            { value: "light", label: t("account.theme_light") },
            { value: "dark", label: t("account.theme_dark") },
          ]} />
        <SelectField<Language> label={t("account.language")} value={language()}
          onValue={(value) => void chooseLanguage(value).then(() => { keepLanguage(value); onLanguage(); })}
          options={[{ value: "en", label: "English" }, { value: "fi", label: "Suomi" }]} />
      </div>
      <button type="button" class="menu-item" onClick={() => void signOut()}><Icon name="log-out" />{t("account.sign_out")}</button>
    </Menu>
  );
}

function NotFound() {
  return (
    <Page title={t("error.not_found")}>
      <Empty icon="compass" title={t("error.not_found")} actions={<Link to="/" class="button plain">{t("nav.overview")}</Link>}>
        {t("error.not_found_means")}
      </Empty>
    </Page>
  );
}

export function Shell({ onLanguage }: { onLanguage: () => void }) {
  const { path, query } = usePlace();
  const { session } = useContext(SessionContext);
  const main = useRef<HTMLElement>(null);
  const page = pageAt(path);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{t("app.skip")}</a>
      <header class="side">
        <Link to="/" class="brand">
          <Logo />
          <span class="brand-name">{t("app.name")}<small>{session.application}</small></span>
        </Link>
        <Navigation path={path} />
        <div class="side-end"><Account onLanguage={onLanguage} /></div>
      </header>
      <main id="main" tabIndex={-1} ref={main} key={language()}>
        {page ? <Lazy key={page.path} load={page.load} props={{ query }} /> : <NotFound />}
        <footer class="foot">
          <span>{t("app.times_zone", { zone: zone() })}</span>
          {session.version && <span>{t("app.version", { version: session.version })} · <a href={LICENCES}>{t("app.licences")}</a></span>}
        </footer>
      </main>
    </div>
  );
}
