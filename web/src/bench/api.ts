// What the bench asks for, whichever way it goes: over HTTP from a server, or by messages from a notebook's kernel.

import { newName } from "../notebook";
import type { About, PhotoTold } from "./types";

/** What is asked: its kind, and whatever belongs to that. */
export type Asked = { kind: string } & Record<string, unknown>;

export type Listed = { images: { number: number; name: string }[]; next: number | null };

export class Stale extends Error {}

interface Ending {
  progress?: number;
  done?: boolean;
  stale?: boolean;
  error?: string;
}

/** Hand on one part of an answer; whether it was the last. Throws Stale where something newer was asked. */
export function took<T>(part: T, hear: (part: T) => void, progress?: (share: number) => void): boolean {
  const told = part as Ending;
  if (told.done) return true;
  if (told.stale) throw new Stale();
  if (told.error !== undefined) throw new Error(told.error);
  if (told.progress !== undefined) progress?.(told.progress);
  else hear(part);
  return false;
}

export abstract class Api {
  protected readonly tab = newName();

  /** Called when nobody has heard a question for a while, and when somebody has again. */
  late: ((is: boolean) => void) | null = null;

  abstract about(): Promise<About>;
  abstract upload(file: Blob, name: string): Promise<PhotoTold>;
  abstract choose(number: number): Promise<PhotoTold>;
  abstract images(first: number, text: string): Promise<Listed>;
  abstract thumb(number: number): Promise<Blob>;

  /** Where a picture of the atlas beside is, for an element to show. */
  abstract picture(path: string): string | Promise<string>;

  /** Ask, and hand on every part of the answer; ends when all is said. Throws Stale where something newer was asked. */
  abstract ask<T>(said: Asked, hear: (part: T) => void, signal?: AbortSignal, progress?: (share: number) => void): Promise<void>;

  /** The one part of an answer, as soon as it is there. */
  one<T>(said: Asked, signal?: AbortSignal, progress?: (share: number) => void): Promise<T> {
    return new Promise((found, fail) => {
      this.ask<T>(said, found, signal, progress).then(() => fail(new Error("The answer is empty.")), fail);
    });
  }
}
