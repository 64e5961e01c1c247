// Whether the visit is out of touch, looked at twice a second.
import { useEffect, useState } from "preact/hooks";
import { follow, inTouch, type Touch } from "./away";
import type { Engine } from "./engine";

const LOOK_MS = 500;

export function useAway(engine: Engine): Touch {
  const [touch, set] = useState<Touch>("here");
  useEffect(() => {
    let seen = inTouch();
    const timer = setInterval(() => {
      const { socket, visit } = engine.state;
      seen = follow(seen, visit !== null && (socket === "away" || socket === "connecting"), performance.now());
      set(seen.touch);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return touch;
}
