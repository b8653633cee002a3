// A real OpenID Connect provider for the tests: the certified program oidc-provider with its own login and consent pages.
//
//   node provider.mjs PORT CLIENT-ID CLIENT-SECRET REDIRECT-URI
//
// Whoever types a name is NAME@example.com there. A line NAME on standard input deactivates that person.
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri] = process.argv.slice(2);
const deactivated = new Set();
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name'] },
  findAccount: (_, sub) => (deactivated.has(sub) ? undefined : {
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, given_name: sub, family_name: 'Example' }),
  }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  cookies: { keys: ['a key of the tests'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
for await (const name of createInterface({ input: process.stdin })) {
  deactivated.add(name.trim());
  console.log(`deactivated ${name.trim()}`);
}
