// The person's browser, as far as forms go: keeps cookies, follows nothing by itself.
export class Browser {
  #cookies = new Map()

  constructor(server) {
    this.server = server
  }

  async signIn(email, password) {
    const answer = await this.submit('/login', '/login', { email, password })
    if (answer.status !== 303) throw new Error(`sign-in was answered with ${answer.status}`)
  }

  // Opens a page and submits its form with these fields beside the hidden ones.
  async submit(page, form, fields) {
    const html = await (await this.#send(page)).text()
    const body = new URLSearchParams()
    for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      body.set(name, value.replaceAll('&amp;', '&').replaceAll('&#x2B;', '+').replaceAll('&quot;', '"'))
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return this.#send(form, { method: 'POST', body })
  }

  // The whole address that the client's listener is called with after the person said yes.
  async allow(url) {
    const path = url.pathname + url.search
    const answer = await this.submit(path, path, { decision: 'allow' })
    return new URL(answer.headers.get('location'))
  }

  async allowDevice(verificationUriComplete) {
    const { pathname, search } = new URL(verificationUriComplete)
    const answer = await this.submit(pathname + search, '/device', { decision: 'allow' })
    if (answer.headers.get('location') !== '/device?decision=allow') throw new Error(`the device page answered ${answer.status}`)
  }

  async #send(path, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(this.server + path, { ...options, redirect: 'manual', headers: cookie ? { cookie } : {} })
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      this.#cookies.set(name, value.join('='))
    }
    return answer
  }
}
