import { render } from "preact";
import { App } from "./app";
import { applyTheme, theme } from "./theme";
import { chooseLanguage, wantedLanguage } from "./text";

applyTheme(theme());
void chooseLanguage(wantedLanguage())
  // The other language's file may be gone after an upgrade: English is always there.
  .catch(() => chooseLanguage("en"))
  .then(() => render(<App />, document.getElementById("app")!));
