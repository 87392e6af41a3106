// The way to the server: every request carries the token as a header, which no other site's page can send along.

import type { About, PhotoTold } from "./types";

const HEADER = "X-Convscope-Token";

/** What is asked: its kind, and whatever belongs to that. */
export type Asked = { kind: string } & Record<string, unknown>;

export class Stale extends Error {}

interface Ending {
  progress?: number;
  done?: boolean;
  stale?: boolean;
  error?: string;
}

/** A name of this page, by which the server tells pages apart. */
function tabName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Api {
  private readonly tab = tabName();

  constructor(private readonly token: string) {}

  private async fetched(path: string, how: RequestInit = {}): Promise<Response> {
    const headers = { ...(how.headers as Record<string, string>), [HEADER]: this.token };
    let answer: Response;
    try {
      answer = await fetch(`api/${path}`, { ...how, headers, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if ((error as Error).name === "AbortError") throw new Stale();
      throw new Error("The server does not answer. Is `convscope serve` still running?");
    }
    if (!answer.ok) {
      const said = (await answer.json().catch(() => null)) as { error?: string } | null;
      throw new Error(said?.error ?? `The server answers ${answer.status}`);
    }
    return answer;
  }

  private async json<T>(path: string, how?: RequestInit): Promise<T> {
    return (await (await this.fetched(path, how)).json()) as T;
  }

  private posted(said: object, more: RequestInit = {}): RequestInit {
    return { method: "POST", body: JSON.stringify({ tab: this.tab, ...said }), headers: { "Content-Type": "application/json" }, ...more };
  }

  about = (): Promise<About> => this.json("about");

  upload = (file: Blob, name: string): Promise<PhotoTold> =>
    this.json(`photo?tab=${this.tab}&name=${encodeURIComponent(name.slice(0, 200))}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream" },
    });

  choose = (number: number): Promise<PhotoTold> => this.json("choose", this.posted({ number }));

  images = (first: number, text: string): Promise<{ images: { number: number; name: string }[]; next: number | null }> =>
    this.json(`images?from=${first}&text=${encodeURIComponent(text)}`);

  thumb = async (number: number): Promise<Blob> => (await this.fetched(`image/${number}`)).blob();

  /** Ask, and hand on every part of the answer; ends when all is said. Throws Stale where something newer was asked. */
  async ask<T>(said: Asked, hear: (part: T) => void, signal?: AbortSignal, progress?: (share: number) => void): Promise<void> {
    const answer = await this.fetched("ask", this.posted(said, signal ? { signal } : {}));
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The answer ended before its end. Is `convscope serve` still running?");
        text += decoder.decode(value, { stream: true });
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          const part = JSON.parse(line) as T & Ending;
          if (part.done) return;
          if (part.stale) throw new Stale();
          if (part.error !== undefined) throw new Error(part.error);
          if (part.progress !== undefined) progress?.(part.progress);
          else hear(part);
        }
      }
    } catch (error) {
      if ((error as Error).name === "AbortError") throw new Stale();
      throw error;
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  /** The one part of an answer. */
  async one<T>(said: Asked, signal?: AbortSignal, progress?: (share: number) => void): Promise<T> {
    let found: T | null = null;
    await this.ask<T>(said, (part) => (found = part), signal, progress);
    if (found === null) throw new Error("The answer is empty.");
    return found;
  }
}
