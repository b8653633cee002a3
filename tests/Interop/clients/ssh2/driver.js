// Takes node's ssh2, and ssh2-sftp-client on top of it, through the scenarios.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const { createRequire } = require('module');

const settings = JSON.parse(fs.readFileSync(process.argv[2]));
// The packages are not beside this file but where test.sh installed them.
const load = createRequire(settings.packages + '/');
const { Client } = load('ssh2');
const SftpClient = load('ssh2-sftp-client');

const seen = { banner: '' };

function options(more = {}) {
  const trusted = hostKey(more.hosts ?? settings.knownHosts);
  return {
    host: settings.host, port: settings.port, username: settings.user, privateKey: fs.readFileSync(settings.key),
    algorithms: { serverHostKey: ['ssh-ed25519'] }, hostVerifier: key => key.equals(trusted), ...more,
  };
}

function hostKey(file) {
  const line = fs.readFileSync(file, 'utf8').split('\n').find(l => l.includes(' ssh-ed25519 '));
  return Buffer.from(line.split(' ')[2], 'base64');
}

function connect(more) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on('banner', text => { seen.banner += text; });
    client.on('ready', () => resolve(client)).on('error', reject).connect(options(more));
  });
}

// A method of ssh2 with a callback, as a promise.
const call = (object, method, ...args) => new Promise((resolve, reject) =>
  object[method](...args, (error, value) => error ? reject(error) : resolve(value)));

async function collect(stream) {
  const result = { status: null, signal: null, stdout: '', stderr: '' };
  stream.on('data', data => { result.stdout += data; });
  stream.stderr.on('data', data => { result.stderr += data; });
  stream.on('exit', (status, signal) => { result.status = status; result.signal = signal ?? null; });
  await new Promise(resolve => stream.on('close', resolve));
  return result;
}

async function run(client, command, more = {}, input = '') {
  const stream = await call(client, 'exec', command, more);
  stream.end(input);
  return collect(stream);
}

async function withClient(more, action) {
  const client = await connect(more);
  try {
    return await action(client);
  } finally {
    client.end();
  }
}

async function sha256(path) {
  const digest = crypto.createHash('sha256');
  for await (const block of fs.createReadStream(path)) digest.update(block);
  return digest.digest('hex');
}

async function terminal(client) {
  const stream = await call(client, 'shell', { term: 'xterm', cols: 100, rows: 40 });
  const end = collect(stream);
  let text = '';
  const waiting = [];
  const look = () => {
    const match = waiting.length && text.match(waiting[0].pattern);
    if (match) {
      text = text.slice(match.index + match[0].length);
      waiting.shift().resolve(match[1]);
    }
  };
  stream.on('data', data => { text += data; look(); });
  const waitFor = pattern => new Promise(resolve => { waiting.push({ pattern, resolve }); look(); });
  stream.write("stty size; echo rea'dy'1\n");
  const initial = await waitFor(/(\d+ \d+)\s+ready1/);
  stream.setWindow(50, 120, 0, 0);
  stream.write("until [ \"$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n");
  const resized = await waitFor(/(\d+ \d+)\s+ready2/);
  // The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
  stream.write("sh -c 'echo start\"\"ed; exec sleep 300'\n");
  await waitFor(/started/);
  stream.write('\x03');
  await waitFor(/\^C/);
  stream.write("echo interrup'ted'=$?\n");
  const interrupted = Number(await waitFor(/interrupted=(\d+)/));
  stream.write('exit 5\n');
  return { initial, resized, interrupted, status: (await end).status };
}

async function copy(client, name, during = () => {}) {
  const stream = await call(client, 'exec', 'cat');
  const digest = crypto.createHash('sha256');
  let status = null;
  let received = 0;
  stream.on('exit', code => { status = code; });
  stream.on('data', data => { digest.update(data); received += data.length; during(received); });
  const closed = new Promise(resolve => stream.on('close', resolve));
  fs.createReadStream(settings[name]).pipe(stream);
  await closed;
  return { status, sha256: digest.digest('hex') };
}

// Keys change three times in the middle of a transfer. A client of ssh2 has no method for it; its protocol object has.
async function rekey(client) {
  const size = fs.statSync(settings.small).size;
  let asked = 0, rekeyed = 0;
  client.on('handshake', () => { rekeyed++; });
  const result = await copy(client, 'small', received => {
    if (asked < 3 && rekeyed === asked && received > size * (asked + 1) / 5) {
      asked++;
      client._protocol.rekey();
    }
  });
  return { ...result, rekeyed };
}

async function files() {
  const remote = 'var/' + settings.name, back = settings.folder + '/back';
  const sftp = new SftpClient();
  await sftp.connect(options());
  // Without it each request waits 40 ms for an acknowledgement, whatever the server is.
  sftp.client.setNoDelay(true);
  try {
    await sftp.put(fs.createReadStream(settings.small), remote);
    await sftp.rename(remote, remote + '.moved');
    if (!(await sftp.list('var')).some(f => f.name === settings.name + '.moved')) throw new Error('not listed');
    await sftp.get(remote + '.moved', back);
    await sftp.fastPut(settings.small, remote);
    await sftp.fastGet(remote, back + '2');
    await sftp.delete(remote + '.moved');
  } finally {
    await sftp.end();
  }
  return { sha256: { 'put and get': await sha256(back), 'fastPut and fastGet': await sha256(back + '2') } };
}

async function talk(client, host, port, request, count) {
  const stream = await call(client, 'forwardOut', '127.0.0.1', 40000, host, port);
  let answer = Buffer.alloc(0);
  stream.write(request);
  await new Promise((resolve, reject) => {
    stream.on('data', data => { answer = Buffer.concat([answer, data]); if (answer.length >= count) resolve(); });
    stream.on('close', reject);
  });
  stream.end();
  return answer.toString();
}

async function tunnel(client) {
  const database = await talk(client, 'database.internal', 5432, Buffer.from('0000000804d2162f', 'hex'), 1);
  const cache = await talk(client, 'cache.internal', 6379, `AUTH ${settings.redisPassword}\r\nPING\r\n`, 12);
  const refusal = await call(client, 'forwardOut', '127.0.0.1', 40000, '127.0.0.1', settings.port).then(() => '', String);
  return { database, cache, refused: refusal.includes('PST-401'), stderr: refusal };
}

// The port is the server's choice.
async function remote(client) {
  client.on('tcp connection', (details, accept) => {
    const stream = accept();
    stream.once('data', line => stream.end(String(line).toUpperCase()));
  });
  const port = await call(client, 'forwardIn', '127.0.0.1', 0);
  return run(client, `${settings.remoteCommand} ${port}`);
}

async function sessions(client) {
  const results = await Promise.all([1, 2, 3].map(n => run(client, `read word; echo $word; exit ${n}`, {}, `word${n}\n`)));
  return { connections: 1, statuses: results.map(r => r.status), words: results.map(r => r.stdout.trim()) };
}

const refused = more => connect(more).then(
  client => { client.end(); return { status: 0, stderr: '' }; },
  error => ({ status: 1, stdout: '', stderr: seen.banner + error.message }));

const scenarios = {
  exec: () => withClient({}, c => run(c, 'echo out; echo err >&2; exit 7')),
  signal: () => withClient({}, c => run(c, 'kill -TERM $$')),
  sendsignal: () => withClient({}, async c => {
    const stream = await call(c, 'exec', "trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done");
    stream.once('data', () => stream.signal('USR1'));
    const result = await collect(stream);
    return { ...result, stdout: result.stdout.replace('ready\n', '') };
  }),
  environment: () => withClient({}, c => run(c, 'echo $LANG', { env: { LANG: 'de_DE.UTF-8' } })),
  terminal: () => withClient({}, terminal),
  transfer: () => withClient({}, c => copy(c, 'large')),
  rekey: () => withClient({}, rekey),
  files,
  tunnel: () => withClient({}, tunnel),
  remote: () => withClient({}, remote),
  agent: () => withClient({ agent: settings.agent, agentForward: true }, c => run(c, settings.agentCommand)),
  sessions: () => withClient({}, sessions),
  keepalive: () => withClient({ keepaliveInterval: 500, keepaliveCountMax: 2 }, c => run(c, 'sleep 3; echo alive')),
  refusal: () => refused({ username: settings.nobody }),
  wronghost: () => refused({ hosts: settings.wrongHosts }),
};

scenarios[process.argv[3]]().then(report => console.log(JSON.stringify(report)), error => { console.error(error); process.exitCode = 1; });
