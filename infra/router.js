// What CloudFront asks first about a request for a page: which file stands at its address. PAGES and MISSING are put
// before it by infra/addresses.py. (CloudFront's JavaScript knows little beyond ES 5.1.)
const FILE = /^\/(assets\/)?[\w-]+(\.[\w-]+)+$/;

function handler(event) {
  const request = event.request;
  for (let i = 0; i < PAGES.length; i++) {
    if (PAGES[i][0].test(request.uri)) {
      request.uri = PAGES[i][1];
      return request;
    }
  }
  return FILE.test(request.uri) ? request : MISSING;
}
