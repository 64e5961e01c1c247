// What this browser was told (by a test, or by support on the phone): to go through TURN only, to send the camera in several sizes, or to be one that cannot encrypt end to end.

export function forced(what: "relay" | "simulcast" | "unable", storage: Pick<Storage, "getItem">): boolean {
  try {
    return storage.getItem(`venterom.${what}`) === "1";
  } catch {
    return false;
  }
}
