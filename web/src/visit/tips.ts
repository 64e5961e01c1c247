// What to try when the network test is not good, the likeliest help first. Pure.
import type { NetworkReport } from "../protocol";

export type Tip = "vpn" | "elsewhere" | "mobile" | "router" | "downloads" | "device";

/** More than this share lost, or unevenness in milliseconds, looks like a weak wireless signal. */
const WEAK = { loss: 0.02, jitterMs: 30 };

export function tips({ verdict, transport, loss, jitter_ms }: NetworkReport): Tip[] {
  if (verdict === "good") return [];
  if (verdict === "blocked") return ["vpn", "mobile", "elsewhere", "device"];
  // Through a relay over TCP or TLS: something on the way does not let datagrams through.
  if (transport === "relay_tcp" || transport === "relay_tls") return ["vpn", "elsewhere", "mobile", "router", "downloads"];
  if (loss > WEAK.loss || jitter_ms > WEAK.jitterMs) return ["router", "mobile", "downloads", "vpn"];
  return ["downloads", "router", "mobile", "vpn"];
}
