// What to try when the network test is not good, the likeliest help first. Pure.
import { GOOD } from "../shared/verdict";
import type { NetworkReport } from "../protocol";

export type Tip = "vpn" | "elsewhere" | "mobile" | "router" | "downloads" | "device";

export function tips({ verdict, transport, loss, jitter_ms }: NetworkReport): Tip[] {
  if (verdict === "good") return [];
  if (verdict === "blocked") return ["vpn", "mobile", "elsewhere", "device"];
  // Through a relay over TCP or TLS: something on the way does not let datagrams through.
  if (transport === "relay_tcp" || transport === "relay_tls") return ["vpn", "elsewhere", "mobile", "router", "downloads"];
  // Lossy or uneven: most likely a weak wireless signal.
  if (loss > GOOD.loss || jitter_ms > GOOD.jitterMs) return ["router", "mobile", "downloads", "vpn"];
  return ["downloads", "router", "mobile", "vpn"];
}
