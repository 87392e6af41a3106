// What a notebook says of itself to a widget in it.

/** The theme of the notebook around: of JupyterLab, Colab or VS Code; null where it says none. */
export function notebookTheme(page: Document): "light" | "dark" | null {
  const { body, documentElement: top } = page;
  const light = body.dataset.jpThemeLight;
  if (light !== undefined) return light === "false" ? "dark" : "light";
  const told = top.getAttribute("theme") ?? body.dataset.vscodeThemeKind ?? "";
  if (/dark/.test(told)) return "dark";
  return /light/.test(told) ? "light" : null;
}

/** A name that nobody else has. */
export function newName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
