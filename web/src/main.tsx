import { render } from "preact";
import { api, session } from "./api";
import type { Session } from "./api_types";
import { App } from "./app";
import { applyTheme, theme } from "./theme";
import { chooseLanguage, wantedLanguage } from "./text";

applyTheme(theme());
// Who is there is asked while the rest still loads.
const first = session(api.get<Session>("session"));
void chooseLanguage(wantedLanguage())
  // The other language's file may be gone after an upgrade: English is always there.
  .catch(() => chooseLanguage("en"))
  .then(() => render(<App first={first} />, document.getElementById("app")!));
