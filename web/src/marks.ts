import { remembered } from "./shell";
import type { Shell } from "./shell";

/** Units that a person marked, kept in this browser. */
export function marks(): Shell["marks"] {
  const read = (): string[] => {
    try {
      const found: unknown = JSON.parse(remembered.get("marks") ?? "[]");
      return Array.isArray(found) ? found.filter((unit): unit is string => typeof unit === "string") : [];
    } catch {
      return [];
    }
  };
  return {
    all: read,
    has: (unit) => read().includes(unit),
    toggle: (unit) => {
      const before = read();
      const after = before.includes(unit) ? before.filter((other) => other !== unit) : [...before, unit];
      remembered.set("marks", JSON.stringify(after));
      return after.length > before.length;
    },
  };
}
