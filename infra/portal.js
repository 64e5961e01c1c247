// What browsers are told of the patients' portal: who it is, from here; its keys, from itself. ABOUT, KEYS and MISSING are
// put before it by infra/addresses.py. (CloudFront's JavaScript knows little beyond ES 5.1.)
function handler(event) {
  const request = event.request;
  if (request.uri === "/portal/portal.json") return ABOUT;
  if (request.uri !== "/portal/jwks.json") return MISSING;
  request.uri = KEYS;
  return request;
}
