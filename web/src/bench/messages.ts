// The way to a notebook's kernel: messages of a widget, which convscope.live.talking answers.

import { newName } from "../notebook";
import { Api, type Asked, type Listed, Stale, took } from "./api";
import type { About, PhotoTold } from "./types";

/** A widget's model, as anywidget gives it. */
export interface Model {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: "msg:custom", hear: (message: Answer, buffers: DataView[]) => void): void;
  off(event: "msg:custom", hear: (message: Answer, buffers: DataView[]) => void): void;
}

export interface Answer {
  id: string;
  value?: unknown;
  part?: object;
  heard?: boolean;
  error?: string;
}

const PIECE = 1 << 20; // bytes: servers between close connections on messages of ten times that
const LATE = 2000; // milliseconds until nobody seems to hear

type Hear = (message: Answer, buffers: DataView[]) => void;

export class MessageApi extends Api {
  private readonly waiting = new Map<string, Hear>();
  private readonly pictures = new Map<string, Promise<string>>();
  private readonly hear: Hear;
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: Model) {
    super();
    this.hear = (message, buffers) => {
      const known = this.waiting.get(message.id); // another view of the widget hears the same
      if (!known) return;
      clearTimeout(this.timer);
      this.timer = undefined;
      this.late?.(false);
      known(message, buffers);
    };
    model.on("msg:custom", this.hear);
  }

  /** The page is gone. */
  close(): void {
    clearTimeout(this.timer);
    this.model.off("msg:custom", this.hear);
    this.send(this.newId(), { do: "close", tab: this.tab });
    for (const picture of this.pictures.values()) picture.then(URL.revokeObjectURL, () => undefined);
  }

  private newId(): string {
    this.count += 1;
    return `${this.tab} ${this.count}`;
  }

  private send(id: string, said: object, buffers: ArrayBuffer[] = [], hear?: Hear): void {
    if (hear) {
      this.waiting.set(id, hear);
      this.timer ??= setTimeout(() => this.late?.(true), LATE);
    }
    this.model.send({ ...said, id }, undefined, buffers);
  }

  /** The whole answer, and the bytes beside it. */
  private all(said: object, buffers?: ArrayBuffer[]): Promise<[unknown, DataView[]]> {
    return new Promise((resolve, reject) => {
      const id = this.newId();
      this.send(id, said, buffers, (message, data) => {
        this.waiting.delete(id);
        if (message.error !== undefined) reject(new Error(message.error));
        else resolve([message.value, data]);
      });
    });
  }

  private async value<T>(said: object, buffers?: ArrayBuffer[]): Promise<T> {
    return (await this.all(said, buffers))[0] as T;
  }

  private async bytes(said: object): Promise<Blob> {
    const [value, data] = await this.all(said);
    return new Blob(data as DataView<ArrayBuffer>[], { type: (value as { type: string }).type });
  }

  about(): Promise<About> {
    return this.value({ do: "about" });
  }

  async upload(file: Blob, name: string): Promise<PhotoTold> {
    const how = { do: "photo", tab: this.tab, name: name.slice(0, 200), upload: newName(), size: file.size };
    for (let first = 0; ; first += PIECE) {
      const piece = await file.slice(first, first + PIECE).arrayBuffer();
      const told = await this.value<PhotoTold | { there: number }>({ ...how, first }, [piece]);
      if ("photo" in told) return told;
    }
  }

  choose(number: number): Promise<PhotoTold> {
    return this.value({ do: "choose", tab: this.tab, number });
  }

  images(first: number, text: string): Promise<Listed> {
    return this.value({ do: "images", from: first, text });
  }

  thumb(number: number): Promise<Blob> {
    return this.bytes({ do: "thumb", number });
  }

  picture(path: string): Promise<string> {
    const known = this.pictures.get(path) ?? this.bytes({ do: "picture", path }).then(URL.createObjectURL);
    this.pictures.set(path, known);
    return known;
  }

  ask<T>(said: Asked, hear: (part: T) => void, signal?: AbortSignal, progress?: (share: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Stale());
      const id = this.newId();
      const end = (): void => {
        this.waiting.delete(id);
        signal?.removeEventListener("abort", leave);
      };
      const leave = (): void => {
        end();
        this.send(this.newId(), { do: "leave", of: id });
        reject(new Stale());
      };
      signal?.addEventListener("abort", leave);
      this.send(id, { do: "ask", tab: this.tab, said }, [], (message) => {
        if (message.heard) return;
        try {
          if (message.error !== undefined) throw new Error(message.error);
          if (!took(message.part as T, hear, progress)) return;
          end();
          resolve();
        } catch (error) {
          end();
          reject(error as Error);
        }
      });
    });
  }
}
