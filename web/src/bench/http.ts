// The way to a server: every request carries the token as a header, which no other site's page can send along.

import { Api, type Asked, type Listed, Stale, took } from "./api";
import type { About, PhotoTold } from "./types";

const HEADER = "X-Convscope-Token";

export class HttpApi extends Api {
  constructor(private readonly token: string) {
    super();
  }

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

  about(): Promise<About> {
    return this.json("about");
  }

  upload(file: Blob, name: string): Promise<PhotoTold> {
    return this.json(`photo?tab=${this.tab}&name=${encodeURIComponent(name.slice(0, 200))}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream" },
    });
  }

  choose(number: number): Promise<PhotoTold> {
    return this.json("choose", this.posted({ number }));
  }

  images(first: number, text: string): Promise<Listed> {
    return this.json(`images?from=${first}&text=${encodeURIComponent(text)}`);
  }

  async thumb(number: number): Promise<Blob> {
    return (await this.fetched(`image/${number}`)).blob();
  }

  picture(path: string): string {
    return `../${path}`;
  }

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
        for (const line of lines) if (took(JSON.parse(line) as T, hear, progress)) return;
      }
    } catch (error) {
      if ((error as Error).name === "AbortError") throw new Stale();
      throw error;
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }
}
