// Light, dark, or as the system has it. The stylesheet knows all three from <html data-theme>.

export type Theme = "system" | "light" | "dark";

const kept = "holdfast.theme";

export function theme(): Theme {
  const before = localStorage.getItem(kept);
  return before === "light" || before === "dark" ? before : "system";
}

export function applyTheme(wanted: Theme): void {
  document.documentElement.dataset["theme"] = wanted;
}

export function keepTheme(wanted: Theme): void {
  localStorage.setItem(kept, wanted);
  applyTheme(wanted);
}
