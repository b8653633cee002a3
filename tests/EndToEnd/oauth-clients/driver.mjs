// node driver.mjs LIBRARY SERVER EMAIL PASSWORD SECRET: takes a certified client library through every flow, and prints one
// line of JSON for each step that held. Whatever does not hold throws.
import { webcrypto } from 'node:crypto'
import * as openid from 'openid-client'
import * as oauth from 'oauth4webapi'
import { Browser } from './browser.mjs'

globalThis.crypto ??= webcrypto // Before Node 20.

const [library, server, email, password, secret] = process.argv.slice(2)
const redirectUri = 'http://127.0.0.1:5000'
const scope = 'offline_access'
const browser = new Browser(server)
const held = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }))
const expect = (claim, what) => { if (!claim) throw new Error(what) }
await browser.signIn(email, password)
await (library === 'openid-client' ? openidClient() : oauth4webapi())

async function openidClient() {
  const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(new URL(server), 'postern-cli', undefined, openid.None(), options)
  // It writes the redirect URI as URLs are written, with a slash; ours is registered without, and compared as text.
  config[openid.customFetch] = (url, request) => {
    if (request.body instanceof URLSearchParams && request.body.get('redirect_uri') === redirectUri + '/') request.body.set('redirect_uri', redirectUri)
    return fetch(url, request)
  }
  held('discovery', { issuer: config.serverMetadata().issuer })

  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const callback = await browser.allow(openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope, state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  }))
  const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState })
  held('code', { scope: tokens.scope, type: tokens.token_type })

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token)
  expect(refreshed.refresh_token !== tokens.refresh_token, 'the refresh token did not rotate')
  held('refresh')

  const begun = await openid.initiateDeviceAuthorization(config, { scope })
  await browser.allowDevice(begun.verification_uri_complete)
  const device = await openid.pollDeviceAuthorizationGrant(config, begun)
  expect(device.access_token && device.refresh_token, 'the device got no tokens')
  held('device')

  const resources = await openid.discovery(new URL(server), 'postern-resource-server', secret, openid.ClientSecretBasic(secret), options)
  const before = await openid.tokenIntrospection(resources, device.access_token)
  await openid.tokenRevocation(config, device.refresh_token)
  const after = await openid.tokenIntrospection(resources, device.access_token)
  expect(before.active === true && after.active === false, 'introspection does not follow revocation')
  held('introspect', { username: before.username })
  held('revoke')
}

async function oauth4webapi() {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(server)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
  const client = { client_id: 'postern-cli' }
  const none = oauth.None()
  held('discovery', { issuer: as.issuer })

  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(as.authorization_endpoint)
  url.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope, state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })
  const params = oauth.validateAuthResponse(as, client, await browser.allow(url), state)
  const tokens = await oauth.processAuthorizationCodeResponse(
    as, client, await oauth.authorizationCodeGrantRequest(as, client, none, params, redirectUri, verifier, insecure))
  held('code', { scope: tokens.scope, type: tokens.token_type })

  // RFC 9068, checked by the library with our published keys.
  const request = new Request(server + '/users/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })
  const claims = await oauth.validateJwtAccessToken(as, request, as.issuer, insecure)
  held('access token', { client: claims.client_id })

  const refreshed = await oauth.processRefreshTokenResponse(
    as, client, await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token, insecure))
  expect(refreshed.refresh_token !== tokens.refresh_token, 'the refresh token did not rotate')
  held('refresh')

  const begun = await oauth.processDeviceAuthorizationResponse(
    as, client, await oauth.deviceAuthorizationRequest(as, client, none, new URLSearchParams({ scope }), insecure))
  const poll = async () => oauth.processDeviceCodeResponse(
    as, client, await oauth.deviceCodeGrantRequest(as, client, none, begun.device_code, insecure))
  const refusal = await poll().then(() => null, error => error)
  expect(refusal?.error === 'authorization_pending', `the device was answered ${refusal}`)
  await browser.allowDevice(begun.verification_uri_complete)
  const device = await poll()
  held('device')

  const resources = { client_id: 'postern-resource-server' }
  const introspect = async token => oauth.processIntrospectionResponse(
    as, resources, await oauth.introspectionRequest(as, resources, oauth.ClientSecretBasic(secret), token, insecure))
  const before = await introspect(device.access_token)
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, none, device.refresh_token, insecure))
  const after = await introspect(device.access_token)
  expect(before.active === true && after.active === false, 'introspection does not follow revocation')
  held('introspect', { username: before.username })
  held('revoke')
}
