// A certified OpenID provider with rules like ID-porten's and HelseID's, for one test run: its options come as JSON in the
// first argument, its address goes out as the first line. Whoever opens its login page is logged in as the query says.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const LEVEL = "helseid://claims/identity/security_level";
const options = JSON.parse(process.argv[2]);

const server = createServer();
await new Promise((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const client = (name, more) => ({
  client_id: name,
  token_endpoint_auth_method: "private_key_jwt",
  jwks_uri: `${options.origin}/jwks`,
  redirect_uris: [`${options.origin}/callback`],
  post_logout_redirect_uris: [`${options.origin}/`],
  backchannel_logout_uri: `${options.origin}/logged-out`,
  backchannel_logout_session_required: true,
  grant_types: ["authorization_code"],
  response_types: ["code"],
  ...more,
});

const provider = new Provider(issuer, {
  clients: [
    client("patient", { subject_type: "pairwise", token_endpoint_auth_signing_alg: "RS256" }),
    client("staff", { dpop_bound_access_tokens: true, token_endpoint_auth_signing_alg: "ES256", id_token_signed_response_alg: "PS256" }),
    client("directory", { token_endpoint_auth_signing_alg: "RS256" }),
  ],
  jwks: { keys: [{ ...key, use: "sig", kid: randomBytes(8).toString("hex") }] },
  acrValues: ["idporten-loa-substantial", "idporten-loa-high"],
  scopes: ["openid", "helseid://scopes/identity/security_level"],
  claims: {
    openid: ["sub", "pid", "roles", "oid"],
    "helseid://scopes/identity/security_level": [LEVEL],
    acr: null,
    auth_time: null,
    sid: null,
    iss: null,
  },
  conformIdTokenClaims: false,
  subjectTypes: ["public", "pairwise"],
  pairwiseIdentifier: (_, accountId, { clientId }) => `${clientId}-${Buffer.from(accountId).toString("hex")}`,
  enabledJWA: {
    clientAuthSigningAlgValues: ["RS256", "PS256", "ES256"],
    idTokenSigningAlgValues: ["RS256", "PS256"],
    dPoPSigningAlgValues: ["ES256"],
  },
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: options.pushed, requirePushedAuthorizationRequests: options.pushed },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => void (ctx.body = form) },
  },
  ttl: { PushedAuthorizationRequest: 120, AuthorizationCode: 60 },
  // It would ask no loopback address, for there its own network is; here it is ours.
  fetch: (url, { dispatcher: _, ...rest }) => fetch(url, rest),
  cookies: { keys: [randomBytes(16).toString("hex")] },
  interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, pid: "12838421065", oid: `oid-${id}`, roles: ["Video.Behandler"], [LEVEL]: "4" }),
  }),
  // Consent is the employer's or the authority's, given once for all.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid helseid://scopes/identity/security_level");
    await grant.save();
    return grant;
  },
});

server.on("request", async (request, response) => {
  const asked = new URL(request.url, issuer);
  if (!asked.pathname.startsWith("/login/")) return provider.callback()(request, response);
  const says = asked.searchParams;
  const result = says.get("person")
    ? { login: { accountId: says.get("person"), acr: says.get("acr") ?? undefined } }
    : { error: "access_denied" };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
});
process.stdin.on("end", () => process.exit()).resume(); // whoever started it has ended
console.log(issuer);
