// What this browser was told (by a test, or by support on the phone): to go through TURN only, or to send the camera in several sizes.

export function forced(what: "relay" | "simulcast", storage: Pick<Storage, "getItem">): boolean {
  try {
    return storage.getItem(`venterom.${what}`) === "1";
  } catch {
    return false;
  }
}
