// Sends a browser that cannot hold a video consultation to a plain page that says so. Written for the oldest of them (ES3).
(function () {
  var rtc = window.RTCPeerConnection;
  var able =
    "noModule" in document.createElement("script") &&
    typeof Promise === "function" &&
    typeof Promise.any === "function" &&
    typeof "".replaceAll === "function" &&
    !!window.WebSocket &&
    !!(window.AudioContext) &&
    !!rtc &&
    typeof rtc.prototype.addTransceiver === "function" &&
    (window.isSecureContext === false || !!(navigator.mediaDevices && navigator.mediaDevices.getUserMedia));
  if (!able) window.location.replace("/unsupported.html");
})();
