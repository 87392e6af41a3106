// Numbers in words for people.

export const number = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1);
  return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
};

export const signed = (value: number): string => (value > 0 ? `+${number(value)}` : number(value).replace("-", "−"));

/** A score: a probability in per cent, another value as it is. */
export const score = (value: number | null | undefined, probable: boolean): string => {
  if (value === null || value === undefined) return "–";
  if (!probable) return number(value);
  const percent = 100 * value;
  return percent > 0 && percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
};

/** Units at zero, in words: by name where it is one. */
export const silencedWords = (units: string[]): string => (units.length === 1 ? (units[0] as string) : `${units.length} units`);

export const megabytes = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MB`;
