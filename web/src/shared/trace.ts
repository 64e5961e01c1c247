// On whose behalf this page asks for things, in the logs of functions and workers: one random id for each load of the page,
// which names nobody (W3C Trace Context, https://www.w3.org/TR/trace-context/).

function digits(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** AWS X-Ray wants the time in the first eight digits; the rest is chance. */
const id = Math.floor(Date.now() / 1000).toString(16).padStart(8, "0") + digits(12);

/** The header's value, which also stands in the socket's address. */
export const traceparent = `00-${id}-${digits(8)}-01`;

/** What a person can read out to support: the id's last eight digits, in two groups. */
export const code = `${id.slice(-8, -4)} ${id.slice(-4)}`;
