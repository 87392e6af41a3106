// The token of a served bench comes in the fragment of the printed address and is taken out of it at once. It is kept
// for this tab alone; another tab of the same server may ask for it.

const KEY = "convscope.token";
const CHANNEL = "convscope-bench";

/** Take the token out of the address, where there is one. */
export function takeToken(window: Window): void {
  const found = /^#token=([\w-]+)$/.exec(window.location.hash);
  if (!found) return;
  window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}#/`);
  try {
    window.sessionStorage.setItem(KEY, found[1] as string);
  } catch {
    // storage is switched off: the bench is reached by its own address alone
  }
}

const held = (): string | null => {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
};

/** Give the token to tabs that ask; pages of other origins cannot. */
export function shareToken(): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<{ asks?: boolean }>) => {
    const token = held();
    if (event.data?.asks && token) channel.postMessage({ token });
  };
}

/** The token of this tab, or that of another tab of this server; null where none has it. */
export async function findToken(): Promise<string | null> {
  const own = held();
  if (own || typeof BroadcastChannel === "undefined") return own;
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const end = (token: string | null): void => {
      channel.close();
      resolve(token);
    };
    const timer = setTimeout(() => end(null), 400);
    channel.onmessage = (event: MessageEvent<{ token?: string }>) => {
      if (!event.data?.token) return;
      clearTimeout(timer);
      try {
        sessionStorage.setItem(KEY, event.data.token);
      } catch {
        // this page has it all the same
      }
      end(event.data.token);
    };
    channel.postMessage({ asks: true });
  });
}
