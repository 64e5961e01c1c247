"""Scripts that make a page's devices fail in ways that fake devices cannot: refused, busy, missing, unplugged."""

import json

# What W3C Media Capture calls it when a device is used by another program, and when there is none.
BUSY = "NotReadableError"
MISSING = "NotFoundError"


def without(problem: str, *kinds: str) -> str:
    """Every question for a device of these kinds ("video", "audio") fails with this error."""
    return f"""
    window.MediaDevices && (() => {{
      const kinds = {json.dumps(kinds)};
      const real = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = async function (constraints) {{
        if (kinds.some(kind => constraints[kind])) throw new DOMException('', {json.dumps(problem)});
        return real.call(this, constraints);
      }};
      const list = MediaDevices.prototype.enumerateDevices;
      MediaDevices.prototype.enumerateDevices = async function () {{
        const found = await list.call(this);
        if ({json.dumps(problem)} !== {json.dumps(MISSING)}) return found;
        return found.filter(device => !kinds.some(kind => device.kind === kind + 'input'));
      }};
    }})();
    """


# Lets a test pull a device's plug: `__unplug('video')` ends its track, takes it off the list, and tells of it.
UNPLUGGABLE = """
window.MediaDevices && (() => {
  const gone = new Set();
  const tracks = [];
  const real = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    if ([...gone].some(kind => constraints[kind])) throw new DOMException('', 'NotFoundError');
    const stream = await real.call(this, constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  const list = MediaDevices.prototype.enumerateDevices;
  MediaDevices.prototype.enumerateDevices = async function () {
    return (await list.call(this)).filter(device => !gone.has(device.kind.replace('input', '')));
  };
  window.__unplug = kind => {
    gone.add(kind);
    for (const track of tracks.filter(track => track.kind === kind && track.readyState === 'live')) {
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  window.__plugIn = kind => {
    gone.delete(kind);
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  };
})();
"""
UNPLUG = "kind => window.__unplug(kind)"
