#!/usr/bin/ruby
# Takes Ruby's net-ssh, with net-sftp and net-scp on top of it, through the scenarios.

require 'digest'
require 'json'
require 'logger'
require 'net/scp'
require 'net/sftp'
require 'net/ssh'
require 'socket'
require 'stringio'

S = JSON.parse(File.read(ARGV[0]))

def connect(hosts: S['knownHosts'], user: S['user'], **more)
  Net::SSH.start(S['host'], user, port: S['port'], keys: [S['ecdsaKey']], keys_only: true, config: false, use_agent: false,
                 non_interactive: true, verify_host_key: :always, user_known_hosts_file: hosts, global_known_hosts_file: [],
                 auth_methods: ['publickey'], timeout: 30, **more) { |connection| return yield(connection) }
end

# A command on a channel of its own; the hash is filled while the connection's loop runs.
def start(connection, command, input: nil)
  result = { 'status' => nil, 'signal' => nil, 'stdout' => +'', 'stderr' => +'' }
  connection.open_channel do |channel|
    yield channel if block_given?
    channel.on_data { |_, data| result['stdout'] << data }
    channel.on_extended_data { |_, _, data| result['stderr'] << data }
    channel.on_request('exit-status') { |_, data| result['status'] = data.read_long }
    channel.on_request('exit-signal') { |_, data| result['signal'] = data.read_string }
    channel.exec(command) do |_, accepted|
      raise 'the command was refused' unless accepted

      channel.send_data(input) if input
      channel.eof!
    end
  end
  result
end

def run(connection, command, input: nil, &prepare)
  result = start(connection, command, input: input, &prepare)
  connection.loop(0.1)
  result
end

def terminal(connection)
  seen, report, channel = +'', {}, nil
  connection.open_channel do |opened|
    channel = opened
    opened.on_data { |_, data| seen << data }
    opened.on_request('exit-status') { |_, data| report['status'] = data.read_long }
    opened.request_pty(term: 'xterm', chars_wide: 100, chars_high: 40) { |_, accepted| raise 'no terminal' unless accepted }
    opened.send_channel_request('shell') { |_, accepted| raise 'no shell' unless accepted }
  end
  wait_for = lambda do |pattern|
    connection.loop(0.1) { !seen.match?(pattern) }
    match = seen.match(pattern)
    seen.replace(match.post_match)
    match[1]
  end
  connection.loop(0.1) { !seen.include?('$') }
  channel.send_data("stty size; echo rea'dy'1\n")
  report['initial'] = wait_for.call(/(\d+ \d+)\s+ready1/)
  channel.send_channel_request('window-change', :long, 120, :long, 50, :long, 0, :long, 0)
  channel.send_data("until [ \"$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n")
  report['resized'] = wait_for.call(/(\d+ \d+)\s+ready2/)
  # The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
  channel.send_data("sh -c 'echo start\"\"ed; exec sleep 300'\n")
  wait_for.call(/started/)
  channel.send_data("\x03")
  wait_for.call(/\^C/)
  channel.send_data("echo interrup'ted'=$?\n")
  report['interrupted'] = wait_for.call(/interrupted=(\d+)/).to_i
  channel.send_data("exit 5\n")
  connection.loop(0.1)
  report
end

# A file to `cat` and back at once.
def copy(connection, name, during: ->(_) {})
  digest, received, status, file = Digest::SHA256.new, 0, nil, File.open(S[name], 'rb')
  connection.open_channel do |channel|
    channel.on_data do |_, data|
      digest << data
      received += data.bytesize
      during.call(received)
    end
    channel.on_request('exit-status') { |_, data| status = data.read_long }
    channel.exec('cat') { |_, accepted| raise 'the command was refused' unless accepted }
    # Called on each turn of the loop: keeps a little more than a window waiting.
    channel.on_process do
      while file && channel.output.length < 1 << 20
        block = file.read(1 << 17)
        block ? channel.send_data(block) : (channel.eof!; file = nil)
      end
    end
  end
  connection.loop(0.01)
  { 'status' => status, 'sha256' => digest.hexdigest }
end

# Keys change three times in the middle of a transfer.
def rekey(connection)
  size, asked = File.size(S['small']), 0
  report = copy(connection, 'small', during: lambda { |received|
    if asked < 3 && received > size * (asked + 1) / 5 && !connection.transport.algorithms.pending?
      asked += 1
      connection.transport.rekey!
    end
  })
  report.merge('rekeyed' => asked)
end

def files(connection)
  remote, back = "var/#{S['name']}", "#{S['folder']}/back"
  connection.sftp.upload!(S['small'], remote)
  connection.sftp.rename!(remote, "#{remote}.moved")
  raise 'not listed' unless connection.sftp.dir.entries('var').map(&:name).include?("#{S['name']}.moved")

  connection.sftp.download!("#{remote}.moved", back)
  connection.sftp.remove!("#{remote}.moved")
  connection.scp.upload!(S['small'], remote)
  connection.scp.download!(remote, "#{back}2")
  { 'sha256' => { 'sftp' => Digest::SHA256.file(back).hexdigest, 'scp' => Digest::SHA256.file("#{back}2").hexdigest } }
end

def talk(connection, host, port, request, count)
  answer, failure = +'', nil
  channel = connection.open_channel('direct-tcpip', :string, host, :long, port, :string, '127.0.0.1', :long, 40_000) do |opened|
    opened.on_data { |_, data| answer << data }
    opened.send_data(request)
  end
  channel.on_open_failed { |_, _, description| failure = description }
  connection.loop(0.1) { answer.bytesize < count && failure.nil? }
  channel.close unless failure
  [answer, failure]
end

def tunnel(connection)
  database, = talk(connection, 'database.internal', 5432, ['0000000804d2162f'].pack('H*'), 1)
  cache, = talk(connection, 'cache.internal', 6379, "AUTH #{S['redisPassword']}\r\nPING\r\n", 12)
  _, failure = talk(connection, '127.0.0.1', S['port'], '', 1)
  { 'database' => database, 'cache' => cache, 'refused' => failure.to_s.include?('PST-401'), 'stderr' => failure }
end

# The port is the server's choice.
def remote(connection)
  server = TCPServer.new('127.0.0.1', 0)
  thread = Thread.new do
    stream = server.accept
    stream.write(stream.gets.upcase)
    stream.close
  end
  # net-ssh prints a line of its own for each connection that comes.
  $stdout = $stderr
  port, ended = nil, false
  connection.forward.remote(server.addr[1], '127.0.0.1', 0, '127.0.0.1') { |bound| port = bound }
  connection.loop(0.1) { port.nil? }
  command = start(connection, "#{S['remoteCommand']} #{port}") { |channel| channel.on_close { ended = true } }
  # A forward keeps the connection's own loop busy for ever.
  connection.loop(0.1) { !ended }
  thread.join
  command
end

def agent
  ENV['SSH_AUTH_SOCK'] = S['agent']
  connect(forward_agent: true) { |c| run(c, S['agentCommand']) }
end

def sessions(connection)
  results = (1..3).map { |n| start(connection, "read word; echo $word; exit #{n}", input: "word#{n}\n") }
  connection.loop(0.1)
  { 'connections' => 1, 'statuses' => results.map { |r| r['status'] }, 'words' => results.map { |r| r['stdout'].strip } }
end

# What the server says is in its log only.
def refused(**options)
  log = StringIO.new
  connect(logger: Logger.new(log), verbose: :info, **options) { { 'status' => 0, 'stderr' => '' } }
rescue Net::SSH::AuthenticationFailed, Net::SSH::HostKeyMismatch => e
  { 'status' => 1, 'stdout' => '', 'stderr' => log.string + e.message }
end

report = case ARGV[1]
         when 'exec' then connect { |c| run(c, 'echo out; echo err >&2; exit 7') }
         when 'signal' then connect { |c| run(c, 'kill -TERM $$') }
         when 'environment' then connect { |c| run(c, 'echo $LANG') { |channel| channel.env('LANG', 'de_DE.UTF-8') } }
         when 'terminal' then connect { |c| terminal(c) }
         when 'transfer' then connect { |c| copy(c, 'large') }
         when 'rekey' then connect { |c| rekey(c) }
         when 'files' then connect { |c| files(c) }
         when 'tunnel' then connect { |c| tunnel(c) }
         when 'remote' then connect { |c| remote(c) }
         when 'agent' then agent
         when 'sessions' then connect { |c| sessions(c) }
         when 'keepalive' then connect(keepalive: true, keepalive_interval: 1, keepalive_maxcount: 1) { |c| run(c, 'sleep 3; echo alive') }
         when 'refusal' then refused(user: S['nobody'])
         when 'wronghost' then refused(hosts: S['wrongHosts'])
         else raise "no scenario #{ARGV[1]}"
         end
STDOUT.puts JSON.generate(report)
